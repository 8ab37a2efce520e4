import pytest

import kinto.core.utils
from tests.core.application import core_app, service


def served(request):
    return {"ok": True}


# Method and path of a write.
WRITES = [
    ("POST", "/v0/mushrooms"),
    ("PUT", "/v0/nothing"),
    ("DELETE", "/redirected"),
    ("PATCH", "/v9/other"),
    ("POST", "/v0/batch"),
    ("TRACE", "/v0/mushrooms"),
]


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_a_read_only_server_refuses_writes_whatever_the_url(method, path):
    app = core_app(service(get=served, post=served), readonly="true")
    response = app.call(method, path)
    assert (response.status_code, response.json["errno"]) == (405, 115)
    assert response.json["message"] == "Method not allowed on this endpoint."
    assert "Allow" not in response.headers


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_a_read_only_server_is_read(method):
    app = core_app(service(get=served, post=served), readonly="true")
    headers = {"Origin": "http://a.org", "Access-Control-Request-Method": "GET"}
    assert app.call(method, "/v0/mushrooms", headers).status_code == 200


def test_a_read_only_server_announces_no_write():
    app = core_app(service(get=served, post=served), readonly="true")
    headers = {"Origin": "http://a.org", "Access-Control-Request-Method": "POST"}
    response = app.call("OPTIONS", "/v0/mushrooms", headers)
    assert response.status_code == 400
    assert response.json["message"] == (
        "Access-Control-Request-Method in header: Method not allowed"
    )
    headers["Access-Control-Request-Method"] = "GET"
    response = app.call("OPTIONS", "/v0/mushrooms", headers)
    assert response.headers["Access-Control-Allow-Methods"] == "GET,HEAD,OPTIONS"


def test_bound_data_is_shared_with_subrequests():
    seen = []

    def outer(request):
        sub = kinto.core.utils.build_request(request, {"path": "/inner"})
        request.bound_data["a"] = 1
        request.invoke_subrequest(sub)
        return {}

    app = core_app(
        service("/outer", get=outer),
        service("/inner", get=lambda request: seen.append(request.bound_data) or {}),
    )
    app.get("/v0/outer")
    assert seen == [{"a": 1}]


def test_request_methods_added_later_are_seen():
    made = service("/late", get=lambda request: {"late": request.late(), "prop": request.prop})
    configs = []
    app = core_app(made, configure=configs.append)
    config = configs[0]
    config.add_request_method(lambda request: "method", name="late")
    config.add_request_method(lambda request: "property", name="prop", property=True)
    config.commit()
    assert app.get("/v0/late").json == {"late": "method", "prop": "property"}


def test_request_methods_may_be_overridden_by_plugins():
    def configure(config):
        config.add_request_method(lambda request: {"id": "mine"}, name="get_user_info")

    headers = {"Authorization": "Basic Ym9iOnNlY3JldA=="}
    assert core_app(configure=configure).get("/v0/", headers=headers).json["user"] == {"id": "mine"}


def test_views_added_later_are_seen():
    configs = []
    app = core_app(service("/growing", get=served), configure=configs.append)
    app.get("/v0/growing")
    configs[0].add_view(
        lambda request: {"late": True},
        route_name="growing",
        request_method="POST",
        request_param="late",
        renderer="json",
    )
    configs[0].commit()
    assert app.post("/v0/growing?late=1").json == {"late": True}
    assert app.post("/v0/growing", status=405)


def test_the_profile_of_a_user_is_part_of_what_they_learn():
    def configure(config):
        config.add_request_method(lambda request: {"name": "Bob"}, name="get_user_profile")

    headers = {"Authorization": "Basic Ym9iOnNlY3JldA=="}
    user = core_app(configure=configure).get("/v0/", headers=headers).json["user"]
    assert user["profile"] == {"name": "Bob"}
