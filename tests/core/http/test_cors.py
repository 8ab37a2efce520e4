import pytest

import kinto.core
from kinto.core.http.cors import EXPOSED, Origins
from tests.core.application import core_app, service

SITE = "https://app.example.org"
BASE = set(EXPOSED)


def mushrooms():
    made = service(get=lambda request: {"ok": True}, post=lambda request: {"ok": True})
    made.add_view("delete", fails)
    return made


def fails(request):
    raise ValueError("a bug")


@pytest.fixture(scope="module")
def app():
    return core_app(mushrooms())


@pytest.fixture(scope="module")
def strict():
    return core_app(mushrooms(), cors_origins=f"{SITE} https://*.friends.org")


def exposed(response):
    return {name.strip() for name in response.headers["Access-Control-Expose-Headers"].split(",")}


# Items of the setting, origin, answer.
ORIGINS = [
    (["*"], "https://any.org", "*"),
    (["*", SITE], SITE, "*"),
    ([SITE], SITE, SITE),
    ([SITE], "https://other.org", None),
    (["https://*.friends.org"], "https://a.friends.org", "https://a.friends.org"),
    (["https://*.friends.org"], "https://a.b.friends.org", "https://a.b.friends.org"),
    (["https://*.friends.org"], "https://friends.org.evil.com", None),
    (["https://*.friends.org"], "https://a.friends.org.evil.com", None),
    (["https://*.friends.org"], "https://axfriends.org", None),
    (["https://[ab].org"], "https://a.org", None),
    (["https://a.org?"], "https://a.orgx", None),
]


@pytest.mark.parametrize(("items", "origin", "answer"), ORIGINS)
def test_a_star_is_the_only_wildcard_of_an_origin(items, origin, answer):
    assert Origins.compile(items).answer_to(origin) == answer


def test_without_origin_headers_are_exposed_all_the_same(app):
    response = app.call("GET", "/v0/mushrooms")
    assert "Access-Control-Allow-Origin" not in response.headers
    assert exposed(response) == BASE


# Method, path, status: answers of every kind tell the browser that it may read them.
ANSWERS = [
    ("GET", "/v0/mushrooms", 200),
    ("DELETE", "/v0/mushrooms", 500),
    ("GET", "/v0/", 200),
    ("GET", "/v0/nothing", 404),
    ("GET", "/v0/mushrooms/", 307),
    ("GET", "/mushrooms", 307),
    ("OPTIONS", "/mushrooms", 200),
    ("GET", "/v7/mushrooms", 404),
]


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
def test_any_origin_may_read_any_answer_by_default(app, method, path, status):
    response = app.call(method, path, {"Origin": SITE})
    assert response.status_code == status
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert exposed(response) == BASE


def test_an_unsupported_method_exposes_nothing(app):
    response = app.call("PUT", "/v0/mushrooms", {"Origin": SITE})
    assert response.status_code == 405
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Expose-Headers" not in response.headers


@pytest.mark.parametrize("origin", [SITE, "https://mary.friends.org"])
def test_a_listed_origin_is_repeated(strict, origin):
    response = strict.call("GET", "/v0/mushrooms", {"Origin": origin})
    assert response.headers["Access-Control-Allow-Origin"] == origin


def test_a_foreign_origin_is_refused_and_nothing_is_executed(strict):
    response = strict.call("DELETE", "/v0/mushrooms", {"Origin": "http://evil.com"})
    assert response.status_code == 400
    assert response.json["message"] == "Origin in header: http://evil.com not allowed"
    assert response.json["details"] == [
        {"location": "header", "name": "Origin", "description": "http://evil.com not allowed"}
    ]
    assert "Access-Control-Allow-Origin" not in response.headers


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [("/v0/nothing", "GET", 404), ("/mushrooms", "GET", 307), ("/v0/mushrooms", "PUT", 405)],
)
def test_other_refusals_come_before_the_foreign_origin(strict, path, method, status):
    response = strict.call(method, path, {"Origin": "http://evil.com"})
    assert response.status_code == status
    assert "Access-Control-Allow-Origin" not in response.headers


def test_wildcards_do_not_count_on_unknown_urls(strict):
    for origin, allowed in ((SITE, SITE), ("https://mary.friends.org", None)):
        response = strict.call("GET", "/v0/nothing", {"Origin": origin})
        assert response.headers.get("Access-Control-Allow-Origin") == allowed


def test_a_preflight_says_what_may_be_sent(app):
    response = app.call(
        "OPTIONS",
        "/v0/mushrooms",
        {
            "Origin": SITE,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization, x-anything",
        },
    )
    assert response.status_code == 200
    assert response.text == "null"
    assert response.content_type == "application/json"
    headers = response.headers
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Access-Control-Allow-Methods"] == "GET,HEAD,POST,DELETE,OPTIONS"
    allowed = set(headers["Access-Control-Allow-Headers"].split(","))
    assert allowed == BASE | {"authorization", "x-anything"}
    assert headers["Access-Control-Max-Age"] == "3600"
    assert "Access-Control-Expose-Headers" not in headers


METHOD = "Access-Control-Request-Method"
# Headers of a preflight: details of the 400.
PREFLIGHTS = [
    ({}, [(METHOD, "this header is mandatory"), ("Origin", "this header is mandatory")]),
    ({"Origin": SITE}, [(METHOD, "this header is mandatory")]),
    ({METHOD: "GET"}, [("Origin", "this header is mandatory")]),
    ({"Origin": SITE, METHOD: "PUT"}, [(METHOD, "Method not allowed")]),
    ({"Origin": SITE, METHOD: "get"}, [(METHOD, "Method not allowed")]),
]


@pytest.mark.parametrize(("headers", "details"), PREFLIGHTS)
def test_an_incomplete_preflight_is_refused(app, headers, details):
    response = app.call("OPTIONS", "/v0/mushrooms", headers)
    assert response.status_code == 400
    found = [(item["name"], item["description"]) for item in response.json["details"]]
    assert found == details
    assert response.json["message"] == f"{details[0][0]} in header: {details[0][1]}"


def test_a_preflight_of_a_foreign_origin_is_refused(strict):
    headers = {"Origin": "http://evil.com", METHOD: "GET"}
    response = strict.call("OPTIONS", "/v0/mushrooms", headers)
    assert response.status_code == 400
    assert response.json["message"] == "Origin in header: http://evil.com not allowed"


def test_header_names_of_a_preflight_cannot_forge_headers(app):
    headers = {
        "Origin": SITE,
        METHOD: "GET",
        "Access-Control-Request-Headers": "good, b\tad, w(o)rse, ",
    }
    response = app.call("OPTIONS", "/v0/mushrooms", headers)
    assert set(response.headers["Access-Control-Allow-Headers"].split(",")) == BASE | {"good"}


def test_a_service_exposes_its_own_headers_for_the_method_that_has_them():
    made = kinto.core.Service(name="own", path="/own", description="")
    made.add_view("get", lambda request: {}, cors_headers=("ETag", "Next-Page"))
    made.add_view("post", lambda request: {})
    app = core_app(made)
    assert exposed(app.call("GET", "/v0/own")) == BASE | {"ETag", "Next-Page"}
    assert exposed(app.call("HEAD", "/v0/own")) == BASE | {"ETag", "Next-Page"}
    assert exposed(app.call("POST", "/v0/own")) == BASE


def test_without_origins_cors_is_off():
    app = core_app(mushrooms(), cors_origins="")
    preflight = app.call("OPTIONS", "/v0/mushrooms", {"Origin": SITE, METHOD: "GET"})
    assert preflight.status_code == 405
    assert preflight.headers["Allow"] == "GET, HEAD, POST, DELETE"
    for path in ("/v0/mushrooms", "/v0/nothing", "/mushrooms"):
        response = app.call("GET", path, {"Origin": SITE})
        assert not [name for name in response.headers if name.startswith("Access-Control")]


@pytest.mark.parametrize("age", [0, ""])
def test_the_age_of_preflights_may_be_left_out(age):
    app = core_app(mushrooms(), cors_max_age_seconds=age)
    response = app.call("OPTIONS", "/v0/mushrooms", {"Origin": SITE, METHOD: "GET"})
    assert response.status_code == 200
    assert "Access-Control-Max-Age" not in response.headers


def test_headers_may_be_asked_for_every_request():
    app = core_app(mushrooms(), cornice__always_cors="true")
    assert app.call("GET", "/v0/mushrooms").headers["Access-Control-Allow-Origin"] == "*"


def test_two_applications_of_a_process_keep_their_own_origins(app, strict):
    made = mushrooms()
    first, second = core_app(made), core_app(made, cors_origins=SITE)
    for application, allowed in ((first, "*"), (second, SITE), (first, "*")):
        response = application.call("GET", "/v0/mushrooms", {"Origin": SITE})
        assert response.headers["Access-Control-Allow-Origin"] == allowed
