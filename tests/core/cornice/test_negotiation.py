import pytest

import kinto.core
from tests.core.application import core_app

JSON = ["application/json"]
PATCH = ["application/json", "application/merge-patch+json"]


def answer(name):
    return lambda request: {"view": name}


@pytest.fixture(scope="module")
def app():
    made = kinto.core.Service(name="typed", path="/typed", description="")
    made.add_view("get", answer("get"), accept=JSON)
    made.add_view("put", answer("put"), accept=JSON, content_type=JSON)
    made.add_view("patch", answer("plain"), accept=JSON, content_type=PATCH)
    made.add_view("patch", answer("operations"), content_type=["application/json-patch+json"])
    made.add_view("post", answer("post"), content_type=lambda request: ["text/dynamic"])
    return core_app(made)


# Value of Accept: whether JSON may be sent.
ACCEPTED = [
    (None, True),
    ("*/*", True),
    ("application/*", True),
    ("application/json", True),
    ("text/html, application/json;q=0.1", True),
    ("text/html,*/*;q=0.1", True),
    ("not a media type", True),
    ("", False),
    ("text/html", False),
    ("application/json;q=0", False),
    ("application/json; charset=utf-8", False),
]


@pytest.mark.parametrize(("header", "accepted"), ACCEPTED)
def test_what_a_client_accepts(app, header, accepted):
    response = app.call("GET", "/v0/typed", {} if header is None else {"Accept": header})
    if accepted:
        assert response.status_code == 200
        return
    assert response.status_code == 406
    body = response.json
    message = "Accept header should be one of ['application/json']"
    assert (body["errno"], body["error"], body["message"]) == (107, "Invalid parameters", message)
    assert body["details"] == [{"location": "header", "name": "Accept", "description": message}]


# Method, type of the body: the view that serves it, or None.
BODIES = [
    ("PUT", "application/json", "put"),
    ("PUT", "application/json; charset=utf-8", "put"),
    ("PUT", None, "put"),
    ("PUT", "", "put"),
    ("PUT", "APPLICATION/JSON", None),
    ("PUT", "text/plain", None),
    ("PATCH", "application/json", "plain"),
    ("PATCH", "application/merge-patch+json", "plain"),
    ("PATCH", "application/json-patch+json", "operations"),
    ("PATCH", "text/plain", None),
    ("POST", "text/dynamic", "post"),
    ("POST", "text/static", None),
    ("GET", "text/plain", "get"),
]


@pytest.mark.parametrize(("method", "content_type", "view"), BODIES)
def test_what_a_view_reads(app, method, content_type, view):
    headers = {} if content_type is None else {"Content-Type": content_type}
    response = app.call(method, "/v0/typed", headers)
    if view is not None:
        assert (response.status_code, response.json["view"]) == (200, view)
        return
    assert (response.status_code, response.json["errno"]) == (415, 107)
    assert response.json["message"].startswith("Content-Type header should be one of ['")
    assert response.json["details"][0]["name"] == "Content-Type"


def test_the_types_of_all_definitions_are_listed(app):
    response = app.call("PATCH", "/v0/typed", {"Content-Type": "text/plain"})
    for media_type in (*PATCH, "application/json-patch+json"):
        assert f"'{media_type}'" in response.json["message"]


def test_the_method_is_judged_before_the_types(app):
    response = app.call("DELETE", "/v0/typed", {"Accept": "text/html", "Content-Type": "x/y"})
    assert response.status_code == 405
    assert response.headers["Allow"] == "GET, HEAD, PUT, PATCH, POST, OPTIONS"
    assert response.json == {
        "code": 405,
        "errno": 115,
        "error": "Method Not Allowed",
        "message": "Method not allowed on this endpoint.",
    }


@pytest.mark.filterwarnings("ignore:Unknown REQUEST_METHOD")
@pytest.mark.parametrize("method", ["TRACE", "FOO"])
def test_unheard_of_methods_are_not_allowed(app, method):
    assert app.call(method, "/v0/typed").status_code == 405


def test_accept_is_judged_before_the_body(app):
    response = app.call("PUT", "/v0/typed", {"Accept": "text/html", "Content-Type": "x/y"})
    assert response.status_code == 406
