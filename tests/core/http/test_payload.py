import colander
import pytest

from kinto.core.cornice.validators import colander_validator
from kinto.core.errors import request_GET
from kinto.core.http import payload
from tests.core.application import core_app, service


class Body(colander.MappingSchema):
    name = colander.SchemaNode(colander.String(), missing=colander.drop)


class Request(colander.MappingSchema):
    body = Body()


class BodyExpected(colander.MappingSchema):
    @colander.instantiate()
    class body(colander.MappingSchema):
        name = colander.SchemaNode(colander.String(), missing=colander.drop)


def echo(request):
    return {"validated": request.validated.get("body"), "json": bool(request.body)}


@pytest.fixture(scope="module")
def app():
    made = service()
    made.add_view("get", echo, schema=Request(), validators=(colander_validator,))
    made.add_view("post", echo, schema=BodyExpected(), validators=(colander_validator,))
    return core_app(made)


JSON = {"Content-Type": "application/json"}

# Body: description of the error.
MALFORMED = [
    (b"{'foo>}", "Invalid JSON: Parse error at offset 1: Missing a name for object member."),
    (
        b'{"foo": "\\u0d1"}',
        "Invalid JSON: Parse error at offset 9: Incorrect hex digit after \\u escape in string.",
    ),
    (b"3", "Should be a JSON object or an array"),
    (b'"a"', "Should be a JSON object or an array"),
]


@pytest.mark.parametrize(("body", "description"), MALFORMED)
def test_malformed_bodies_are_described_and_then_missed(app, body, description):
    response = app.call("POST", "/v0/mushrooms", JSON, body)
    assert response.status_code == 400
    assert response.json["errno"] == 107
    found = [(item["name"], item["description"]) for item in response.json["details"]]
    assert found == [("", description), ("body", "Required")] or found == [
        ("", description),
        ("", "Required"),
    ]
    assert response.json["message"] == description


def test_bodies_that_are_no_text_are_refused(app):
    response = app.call("POST", "/v0/mushrooms", JSON, b'{"a": "\xff"}')
    assert response.status_code == 400
    assert response.json["message"].startswith("Invalid JSON")


def test_a_malformed_body_counts_even_when_none_is_expected(app):
    response = app.call("GET", "/v0/mushrooms", JSON, b"{")
    assert response.status_code == 400
    response = app.call("GET", "/v0/mushrooms", {"Content-Type": "text/plain"}, b"{")
    assert response.status_code != 500


def test_a_body_without_type_is_read_as_json(app):
    response = app.call("POST", "/v0/mushrooms", {}, b'{"name": "amanita"}')
    assert response.json["validated"] == {"name": "amanita"}


@pytest.mark.parametrize("charset", ["latin-1", "utf-8", "UTF-16"])
def test_the_charset_of_the_type_is_honoured(app, charset):
    headers = {"Content-Type": f"application/json; charset={charset}"}
    response = app.call("POST", "/v0/mushrooms", headers, '{"name": "café"}'.encode(charset))
    assert response.json["validated"] == {"name": "café"}


def test_an_unknown_charset_is_a_bad_request(app):
    headers = {"Content-Type": "application/json; charset=klingon"}
    response = app.call("POST", "/v0/mushrooms", headers, b"{}")
    assert response.status_code == 400


# Announced length of a body: status.
LENGTHS = [("16777217", 413), ("9" * 40, 413), ("2", 200)]


@pytest.mark.parametrize(("length", "status"), LENGTHS)
def test_too_large_bodies_are_refused_before_they_are_read(app, length, status):
    response = app.call("POST", "/v0/mushrooms", {**JSON, "Content-Length": length}, b"{}")
    assert response.status_code == status
    if status == 413:
        assert response.json["errno"] == 113
        assert response.headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize("path", ["/v0/mushrooms", "/v0/nothing", "/mushrooms"])
def test_a_query_string_that_is_no_text_is_refused_everywhere(app, path):
    response = app.call("GET", f"{path}?a=%FF")
    assert response.status_code == 400
    assert response.json["errno"] == 107
    assert response.json["error"] == "Bad Request"
    assert response.json["message"] == (
        "A request with an incorrect encoding in the querystring was"
        "received. Please make sure your requests are encoded in UTF-8: a=%FF"
    )
    assert "details" not in response.json


@pytest.mark.parametrize("path", ["/v0/%FF", "/%FF", "/v0/mushrooms/%C3%28"])
def test_a_path_that_is_no_text_is_refused(app, path):
    response = app.call("GET", path)
    assert response.status_code == 400
    assert response.json == {
        "code": 400,
        "errno": 107,
        "error": "Bad Request",
        "message": "Invalid URL path.",
    }


# Text of a URL: whether it can be read.
TEXTS = [
    ("plain", True),
    ("caf%C3%A9", True),
    ("%", True),
    ("%zz", True),
    ("%ff", False),
    ("\xff", False),
    ("\u20ac", False),
]


@pytest.mark.parametrize(("text", "readable"), TEXTS)
def test_undecodable_texts_are_recognised(text, readable):
    assert payload.is_decodable(text) == readable


def test_the_parameters_of_a_request_are_its_own(app):
    class Broken:
        environ = {"QUERY_STRING": "a=%ff"}

        @property
        def GET(self):
            raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad")

    with pytest.raises(Exception) as raised:
        request_GET(Broken())
    assert raised.value.status_code == 400


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("content_type", ["multipart/form-data", *payload.FORM_TYPES])
def test_a_malformed_form_is_no_failure_of_the_server(app, method, content_type):
    response = app.call(method, "/v0/mushrooms", {"Content-Type": content_type}, b"a=%ff&\xff")
    assert response.status_code in (200, 400)
