import colander
import pytest

from kinto.core import schema


def refusal_of(node, value):
    with pytest.raises(colander.Invalid) as raised:
        node.deserialize(value)
    return next(iter(raised.value.asdict().values()))


def test_a_timestamp_is_the_present_when_absent(monkeypatch):
    monkeypatch.setattr("kinto.core.schema.msec_time", lambda: 666)
    assert schema.TimeStamp().deserialize() == 666
    assert schema.TimeStamp().deserialize(12) == 12


def test_a_timestamp_may_stay_absent():
    node = schema.TimeStamp()
    node.auto_now = False
    assert node.deserialize() is None


@pytest.mark.parametrize("url", ["http://a.org/b?c#d", "  https://a.org\t"])
def test_urls_are_trimmed(url):
    assert schema.URL().deserialize(url) == url.strip()


@pytest.mark.parametrize("url", ["nothing", "http://", f"http://a.org/{'x' * 2048}"])
def test_what_is_no_url_is_refused(url):
    assert refusal_of(schema.URL(), url)


@pytest.mark.parametrize("value", [1, "a", None, [1, {"b": 2}]])
def test_any_value_stays_what_it_is(value):
    node = colander.SchemaNode(schema.Any())
    assert node.deserialize(value) == value


def test_headers_are_decoded():
    node = schema.HeaderField(colander.String())
    assert node.deserialize("café".encode()) == "café"
    assert node.deserialize() is colander.drop
    assert refusal_of(node, b"caf\xe9") == "Headers should be UTF-8 encoded"


# Text of a parameter, type, value.
PARAMETERS = [
    ("42", colander.Integer(), 42),
    ('"42"', colander.String(), "42"),
    ("abc", colander.String(), "abc"),
    (colander.null, colander.String(), colander.drop),
]


@pytest.mark.parametrize(("text", "kind", "value"), PARAMETERS)
def test_parameters_are_read_as_json(text, kind, value):
    node = schema.QueryField(kind)
    assert node.deserialize(text) == value


def test_lists_of_fields_are_split():
    assert schema.FieldList().deserialize("a,b.c,-d") == ["a", "b.c", "-d"]
    assert schema.FieldList().deserialize() is colander.drop


@pytest.mark.parametrize(("text", "value"), [('"123"', 123), ("*", "*"), ("", colander.drop)])
def test_preconditions_are_quoted_integers_or_a_star(text, value):
    assert schema.HeaderQuotedInteger().deserialize(text) == value


@pytest.mark.parametrize(
    "text",
    ["1", "'1'", 'W/"1"', '"1", "2"', '"*"', '""', '"-1"', '"1.5"', "* x", '"1"\n', '"१"', "**"],
)
def test_other_preconditions_are_refused(text):
    message = "The value should be integer between double quotes."
    assert refusal_of(schema.HeaderQuotedInteger(), text) == message


def test_absurd_integers_are_valid_and_equal_nothing():
    assert schema.HeaderQuotedInteger().deserialize(f'"{"9" * 10_000}"') > 2**63
