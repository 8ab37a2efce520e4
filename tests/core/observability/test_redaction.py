import pytest

from kinto.core.observability.redaction import (
    HIDDEN,
    MAX_LENGTH,
    printable,
    redacted,
    redacted_text,
    redacted_value,
)

SECRETS = [
    "code",
    "state",
    "access_token",
    "id_token",
    "_token",
    "password",
    "client_secret",
    "Authorization",
    "sessionid",
    "api_key",
    "nonce",
    "code_verifier",
    "signature",
]


@pytest.mark.parametrize("name", SECRETS)
def test_secret_parameters_are_hidden(name):
    assert redacted({name: "s3cr3t"}) == {name: HIDDEN}


@pytest.mark.parametrize("name", ["_limit", "_since", "_sort", "id", "country", "zip_code_like"])
def test_harmless_parameters_are_shown(name):
    assert redacted({name: "10"}) == {name: "10"}


@pytest.mark.parametrize("value", ["eyJhbGciOiJIUzI1NiJ9.e30.x", "Bearer abc", "basic Ym9iOnM="])
def test_secret_values_are_hidden_whatever_their_name(value):
    assert redacted({"x": value}) == {"x": HIDDEN}


def test_values_stay_on_one_line():
    assert "\n" not in printable("a\nb\r\x1b[31m\u2028c")
    assert len(printable("x" * 10_000)) == MAX_LENGTH + 1


# What somebody logged, and how it reads after.
LINES = [
    ("GET /cb?code=s3cr3t&state=s3cr3t&x=1 HTTP/1.1", "GET /cb?code=***&state=***&x=1 HTTP/1.1"),
    ("Authorization: Basic czNjcjN0", "Authorization: ***"),
    ("{'Authorization': 'Basic s3cr3t', 'x': 1}", "{'Authorization': '***', 'x': 1}"),
    ('{"password": "s3cr3t, x", "y": 1}', '{"password": "***", "y": 1}'),
    ('{"m": "{\\"password\\": \\"s3cr3t\\"}"}', '{"m": "{\\"password\\": \\"***\\"}"}'),
    ("postgresql://kinto:s3cr3t@db/kinto", "postgresql://kinto:***@db/kinto"),
    ("[('client_secret', 's3cr3t')]", "[('client_secret', '***')]"),
    ("connect: password=s3cr3t host=x", "connect: password=*** host=x"),
    ("Cookie: a=s3cr3t; b=s3cr3t", "Cookie: ***"),
    ("with bearer s3cr3t.s3cr3t", "with bearer ***"),
    ("x eyJhbGciOiJIUzI1NiJ9.s3cr3t.s3cr3t y", "x *** y"),
    ("Next-Page: /x?_token=s3cr3t", "Next-Page: /x?_token=***"),
]


@pytest.mark.parametrize(("line", "shown"), LINES)
def test_a_line_of_a_log_has_no_credentials(line, shown):
    assert redacted_text(line) == shown
    assert redacted_text(shown) == shown


@pytest.mark.parametrize(
    "line", ['{"code": 200, "state": "ok"}', '"GET /v1/ (200 3 ms)" code=200 t=3', "no tokens: 3"]
)
def test_other_lines_stay_as_they_are(line):
    assert redacted_text(line) == line


def test_values_of_reports_have_no_credentials_at_any_depth():
    report = {"a": [{"password": "x", "n": {"Cookie": ["y"]}}], "url": "https://u:p@h", "code": 5}
    assert redacted_value(report) == {
        "a": [{"password": HIDDEN, "n": {"Cookie": HIDDEN}}],
        "url": "https://u:***@h",
        "code": 5,
    }
