import pytest

import kinto.core
from kinto.core.cornice.service import SERVICES, get_services
from tests.core.application import core_app


def answer(name):
    return lambda request: {"view": name}


def test_services_are_listed_once_for_the_process():
    made = kinto.core.Service(name="listed", path="/listed")
    assert made in SERVICES
    assert get_services(names=["listed"]) == [made]


def test_a_service_stays_inspectable():
    made = kinto.core.Service(name="seen", path="/seen", description="Seen")
    made.add_view("get", answer("get"))
    app = core_app(made)
    assert app.registry.cornice_services["v0/seen"] is made
    assert made.defined_methods == ["GET", "HEAD"]
    assert [method for method, _, _ in made.definitions] == ["GET", "HEAD"]


def test_a_service_needs_a_path():
    with pytest.raises(TypeError):
        kinto.core.Service(name="lost")


def test_a_service_may_use_a_route_that_exists():
    made = kinto.core.Service(name="guest", pyramid_route="host")
    made.add_view("get", lambda request: {"name": request.current_service.name})

    def configure(config):
        config.add_route("host", "/host")
        config.add_cornice_service(made)

    response = core_app(configure=configure).get("/v0/host")
    assert response.json == {"name": "guest"}


def test_an_own_head_view_wins_over_that_of_get():
    made = kinto.core.Service(name="heads", path="/heads")
    made.add_view("get", answer("get"))
    made.add_view("head", lambda request: request.response.headers.update({"X-View": "head"}))
    response = core_app(made).head("/v0/heads")
    assert response.headers["X-View"] == "head"


def test_a_service_without_head_answers_head_with_get():
    made = kinto.core.Service(name="gets", path="/gets")
    made.add_view("get", answer("get"))
    response = core_app(made).head("/v0/gets")
    assert (response.status_code, response.body) == (200, b"")


def test_errors_added_by_a_view_replace_its_answer():
    made = kinto.core.Service(name="late", path="/late")
    made.add_view("get", lambda request: request.errors.add("querystring", "when", "too soon"))
    response = core_app(made).get("/v0/late", status=400)
    assert response.json["message"] == "when in querystring: too soon"


def test_filters_may_change_the_response():
    def stamp(response, request):
        response.headers["X-Stamp"] = request.method
        return response

    made = kinto.core.Service(name="stamped", path="/stamped", filters=(stamp,))
    made.add_view("get", answer("get"))
    assert core_app(made).get("/v0/stamped").headers["X-Stamp"] == "GET"


def test_classes_may_serve():
    class Views:
        def __init__(self, request, context=None):
            self.request = request

        def show(self):
            return {"path": self.request.path}

    made = kinto.core.Service(name="classy", path="/classy")
    made.add_view("get", "show", klass=Views)
    assert core_app(made).get("/v0/classy").json == {"path": "/v0/classy"}


def test_a_published_cornice_service_is_served_too():
    from cornice import Service as PublishedService

    made = PublishedService(name="foreign", path="/foreign", renderer="json")
    made.add_view("get", answer("get"))
    assert core_app(made).get("/v0/foreign").json == {"view": "get"}


def test_validated_and_errors_given_to_a_subrequest_are_kept():
    seen = []
    made = kinto.core.Service(name="kept", path="/kept")
    made.add_view("get", lambda request: seen.append(request.validated) or {})
    outer = kinto.core.Service(name="outer", path="/outer")

    def call(request):
        from kinto.core.utils import build_request

        sub = build_request(request, {"path": "/kept"})
        sub.validated = {"given": True}
        request.invoke_subrequest(sub)
        return {}

    outer.add_view("get", call)
    core_app(made, outer).get("/v0/outer")
    assert seen == [{"given": True}]


@pytest.mark.parametrize("header", ["X-Content-Type-Options", "Content-Security-Policy"])
@pytest.mark.parametrize("path", ["/v0/", "/v0/nothing", "/redirected", "/v7/other"])
def test_every_answer_protects_browsers(header, path):
    response = core_app().call("GET", path)
    assert response.headers[header] in (
        "nosniff",
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; ",
    )


def test_a_view_may_set_its_own_policy():
    made = kinto.core.Service(name="page", path="/page")

    def page(request):
        request.response.headers["Content-Security-Policy"] = "default-src 'self'"
        return {}

    made.add_view("get", page)
    headers = core_app(made).get("/v0/page").headers
    assert headers.getall("Content-Security-Policy") == ["default-src 'self'"]
