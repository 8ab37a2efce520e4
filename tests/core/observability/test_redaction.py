import pytest

from kinto.core.observability.redaction import HIDDEN, MAX_LENGTH, printable, redacted

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
