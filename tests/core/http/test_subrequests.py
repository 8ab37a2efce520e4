import pytest
from pyramid import httpexceptions

import kinto.core
from kinto.core.testing import DummyRequest
from kinto.core.utils import build_request, build_response, follow_subrequest
from tests.core.application import CREDENTIALS, core_app


def original(**headers):
    request = DummyRequest()
    request.headers = headers
    return request


# Path asked for, path of the sub-request.
PATHS = [
    ("/v0/foo", "/v0/foo"),
    ("/foo", "/v0/foo"),
    ("/v2/foo", "/v0/v2/foo"),
    ("/café?n=é", "/v0/caf%C3%A9?n=%C3%A9"),
    ("/caf%C3%A9?n=%C3%A9", "/v0/caf%C3%A9?n=%C3%A9"),
]


@pytest.mark.parametrize(("path", "expected"), PATHS)
def test_the_prefix_of_the_original_is_added(path, expected):
    assert build_request(original(), {"path": path}).path_qs == expected


def test_headers_are_inherited_and_overridden_whatever_their_case():
    request = build_request(
        original(Authorization="Basic a", Origin="http://a.org", **{"Content-Length": "12"}),
        {"path": "/", "headers": {"authorization": "Basic b"}},
    )
    assert request.headers["Authorization"] == "Basic b"
    assert request.headers["Origin"] == "http://a.org"
    assert "Content-Length" not in request.headers or request.headers["Content-Length"] == "0"


@pytest.mark.parametrize("body", [{"name": "é"}, '{"name": "é"}', ["a"]])
def test_bodies_are_sent_as_json(body):
    request = build_request(
        original(**{"Content-Type": "application/merge-patch+json"}),
        {"path": "/", "method": "PUT", "body": body},
    )
    assert request.content_type == "application/json"
    assert request.charset == "UTF-8"
    assert request.method == "PUT"
    assert request.json in ({"name": "é"}, ["a"])


def test_without_body_the_type_is_inherited():
    request = build_request(original(**{"Content-Type": "text/plain"}), {"path": "/"})
    assert request.content_type == "text/plain"
    assert request.body == b""
    assert request.method == "GET"


def test_a_subrequest_knows_its_parent_and_its_registry():
    parent = original()
    request = build_request(parent, {"path": "/"})
    assert request.parent is parent
    assert request.registry is parent.registry


def answer(request):
    request.response.headers["X-User"] = str(request.prefixed_userid)
    return {"path": request.path, "method": request.method, "body": request.text}


def refuse(request):
    raise httpexceptions.HTTPForbidden()


def fail(request):
    raise ZeroDivisionError("a bug")


def tell_not_modified(request):
    raise httpexceptions.HTTPNotModified()


@pytest.fixture(scope="module")
def app():
    services = []
    for name, view in (
        ("answer", answer),
        ("refuse", refuse),
        ("fail", fail),
        ("unmodified", tell_not_modified),
    ):
        made = kinto.core.Service(name=name, path=f"/{name}")
        for method in ("get", "head", "put"):
            made.add_view(method, view)
        services.append(made)
    runner = kinto.core.Service(name="run", path="/run")

    def run(request):
        subrequest = build_request(request, request.json)
        try:
            response, used = request.follow_subrequest(subrequest, use_tweens=False)
        except httpexceptions.HTTPException as refusal:
            return {"raised": refusal.status_code, "body": refusal.text}
        except ZeroDivisionError as bug:
            return {"bug": str(bug)}
        return build_response(response, used)

    runner.add_view("post", run)
    return core_app(runner, *services)


def test_a_response_is_described(app):
    described = app.post_json("/v0/run", {"path": "/answer?a=1"}, headers=CREDENTIALS).json
    assert described["status"] == 200
    assert described["path"] == "/v0/answer"
    assert described["headers"]["Content-Type"] == "application/json"
    assert described["body"]["path"] == "/v0/answer"


def test_the_body_of_a_head_is_empty(app):
    described = app.post_json("/v0/run", {"path": "/answer", "method": "HEAD"}).json
    assert (described["status"], described["body"]) == (200, "")


def test_a_redirection_is_followed_once_with_method_headers_and_body(app):
    request = {"path": "/answer/", "method": "PUT", "body": {"a": 1}}
    described = app.post_json("/v0/run", request).json
    assert described["path"] == "/v0/answer"
    assert described["body"]["method"] == "PUT"
    assert described["body"]["body"] == '{"a":1}'


def test_refusals_are_rendered_and_raised(app):
    raised = app.post_json("/v0/run", {"path": "/refuse"}).json
    assert raised["raised"] == 401
    assert '"errno":104' in raised["body"]


def test_unknown_paths_are_rendered_and_raised(app):
    raised = app.post_json("/v0/run", {"path": "/nothing"}).json
    assert raised["raised"] == 404
    assert '"errno":111' in raised["body"]


def test_bugs_propagate(app):
    assert app.post_json("/v0/run", {"path": "/fail"}).json == {"bug": "a bug"}


def test_a_304_is_an_answer(app):
    described = app.post_json("/v0/run", {"path": "/unmodified"}).json
    assert described["status"] == 304


def test_plain_requests_get_what_the_application_adds_to_requests():
    from pyramid.request import Request

    outer = kinto.core.Service(name="outer", path="/outer")
    inner = kinto.core.Service(name="inner", path="/inner")
    inner.add_view(
        "get", lambda request: {"bound": request.bound_data, "user": request.prefixed_userid}
    )

    def call(request):
        return request.invoke_subrequest(Request.blank("/v0/inner")).json

    outer.add_view("get", call)
    assert core_app(inner, outer).get("/v0/outer").json == {"bound": {}, "user": None}


def test_follow_subrequest_is_also_a_function():
    request = DummyRequest()
    request.invoke_subrequest.return_value.headers = {}
    subrequest = DummyRequest()
    request.invoke_subrequest.return_value.status_code = 200
    assert follow_subrequest(request, subrequest) == (
        request.invoke_subrequest.return_value,
        subrequest,
    )


def test_an_undecodable_path_is_refused_alone():
    body = {"requests": [{"path": "/%ff"}, {"method": "PUT", "path": "/%ff"}, {"path": "/"}]}
    responses = core_app().post_json("/v0/batch", body).json["responses"]
    assert [item["status"] for item in responses] == [400, 400, 200]
    assert responses[0]["path"] == "/v0/\N{REPLACEMENT CHARACTER}"
    assert responses[0]["body"]["message"] == "Invalid URL path."
