"""Surprising rules 1 to 17 of the protocol: routing and checks (http: 16)."""

import pytest

from tests.http.conftest import RECORDS, B, C, R
from tests.http.wire import call

NOWHERE = f"{B}/collections/missing/records/x"
WRONG_TYPE = {"Content-Type": "text/plain"}


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE", "PATCH", "HEAD"])
def test_rule_01_urls_without_prefix_are_redirected(send, method):
    answer = send(method, "/buckets?x=1", prefix="")
    assert answer.status == 307
    assert answer.headers["location"] == "http://localhost/v1/buckets?x=1"


def test_rule_01_options_without_prefix_are_answered(send):
    answer = send("OPTIONS", "/buckets", prefix="")
    assert (answer.status, answer.body) == (200, b"")


@pytest.mark.parametrize("url", ["/nope/", f"{B}/", "/batch/", f"{RECORDS}//"])
def test_rule_02_a_trailing_slash_is_redirected_and_never_a_404(world, url):
    answer = world("GET", url)
    assert answer.status == 307
    assert answer.headers["cache-control"] == "max-age=3600"
    assert answer.headers["location"] == f"http://localhost/v1{url.rstrip('/')}"


def test_rule_03_another_version_is_not_an_unknown_url(send):
    for url in ("/v2/buckets", "/v0", "/v9"):
        answer = send("GET", url, prefix="")
        text = "The requested API version is not available on this server."
        assert answer.error == (404, 116, text)
    text = "The resource you are looking for could not be found."
    assert send("GET", "/unknown").error == (404, 111, text)


def test_rule_04_writing_into_nothing_is_a_404_before_anything_else(world):
    answer = world("PUT", NOWHERE, headers=WRONG_TYPE, body=b"{")
    assert answer.status == 404
    assert answer.json == {
        "code": 404,
        "errno": 111,
        "error": "Not Found",
        "details": {"id": "missing", "resource_name": "collection"},
    }
    assert world("GET", NOWHERE).status == 401
    assert world("GET", NOWHERE, user="bob").status == 403


@pytest.mark.parametrize("value", ["r9\n", "a b", "", 12, None, [], {}, "-a", "é", True])
def test_rule_05_an_ill_formed_id_in_a_post_is_refused_before_authentication(world, value):
    answer = world("POST", RECORDS, json={"data": {"id": value}})
    assert answer.error == (400, 107, "path: Invalid object id")
    assert answer.json["details"] == [
        {"location": "path", "name": None, "description": "Invalid object id"}
    ]


def test_rule_06_the_method_comes_before_the_types_and_the_user(world):
    for method in ("POST", "TRACE", "FOO"):
        answer = world(method, R, headers={"Accept": "text/html", **WRONG_TYPE}, body=b"x")
        assert answer.error == (405, 115, "Method not allowed on this endpoint.")
        assert answer.headers["allow"] == "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"


@pytest.mark.parametrize(
    ("method", "url", "prefix"),
    [("POST", "/nope", "/v1"), ("PUT", "/buckets", ""), ("POST", "/batch", "/v1")],
)
def test_rule_07_a_read_only_server_refuses_every_write(make_app, method, url, prefix):
    answer = call(make_app(readonly="true"), method, url, prefix=prefix, user="alice")
    assert answer.error == (405, 115, "Method not allowed on this endpoint.")
    assert "allow" not in answer.headers


def test_rule_08_a_missing_bucket_is_hidden_from_strangers(send):
    assert send("GET", "/buckets/none", user="bob").error[:2] == (403, 121)
    assert send("GET", "/buckets/none").error[:2] == (401, 104)


def test_rule_09_three_kinds_of_404(world):
    missing = world("GET", f"{RECORDS}/none", user="alice").json
    assert (missing["errno"], missing["details"]) == (
        110,
        {"id": "none", "resource_name": "record"},
    )
    parent = world("GET", f"{B}/collections/none/records", user="alice").json
    expected = {"id": "none", "resource_name": "collection"}
    assert (parent["errno"], parent["details"]) == (111, expected)
    assert "message" not in missing and "message" not in parent
    url = world("GET", "/none").json
    assert (url["errno"], "message" in url, "details" in url) == (111, True, False)


def test_rule_10_json_with_a_charset_is_not_acceptable(world):
    for value in ("application/json; charset=utf-8", "text/html", ""):
        answer = world("GET", R, user="alice", headers={"Accept": value})
        assert answer.error[:2] == (406, 107)
    assert world("GET", "/", headers={"Accept": "text/html"}).status == 200


def test_rule_11_the_type_of_a_body_is_case_sensitive_or_absent(world):
    for value in ("Application/JSON", "text/plain"):
        answer = world("PUT", R, user="alice", body=b"{}", headers={"Content-Type": value})
        assert answer.error[:2] == (415, 107)
    assert world("PUT", R, user="alice", body=b'{"data": {"a": 1}}').data["a"] == 1
    empty = {"Content-Type": ""}
    assert world("PUT", R, user="alice", body=b'{"data": {"a": 2}}', headers=empty).data["a"] == 2


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_rule_12_malformed_json_counts_even_where_no_body_is_expected(world, method):
    headers = {"Content-Type": "application/json"}
    answer = world(method, R, user="alice", body=b"{'foo>}", headers=headers)
    assert answer.status == 400
    text = "Invalid JSON: Parse error at offset 1: Missing a name for object member."
    assert answer.json["details"] == [{"location": "body", "name": "", "description": text}]
    assert world("GET", R, user="alice").status == 200


@pytest.mark.parametrize(("method", "url"), [("POST", RECORDS), ("PUT", R), ("PATCH", R)])
def test_rule_12_malformed_json_has_two_details_where_a_body_is_expected(world, method, url):
    answer = world(method, url, user="alice", body=b'{"foo": "\\u0d1"}')
    text = "Invalid JSON: Parse error at offset 9: Incorrect hex digit after \\u escape in string."
    assert answer.error == (400, 107, text)
    assert [item["description"] for item in answer.json["details"]] == [text, "Required"]
    assert {(item["location"], item["name"]) for item in answer.json["details"]} == {("body", "")}


def test_rule_13_json_has_no_charset_and_a_304_has_no_type(world):
    answer = world("GET", R, user="alice")
    assert answer.headers["content-type"] == "application/json"
    again = world("GET", R, user="alice", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status == 304
    assert not {"content-type", "cache-control", "expires"} & again.headers.keys()


def test_rule_14_a_foreign_origin_executes_nothing(world_with):
    send = world_with(cors_origins="https://ours.org")
    foreign = {"Origin": "http://evil.com"}
    answer = send("DELETE", R, user="alice", headers=foreign)
    assert answer.error == (400, 107, "Origin in header: http://evil.com not allowed")
    assert send("GET", R, user="alice").status == 200


def test_rule_15_what_a_preflight_must_hold(send):
    answer = send("OPTIONS", RECORDS)
    names = [item["name"] for item in answer.json["details"]]
    assert names == ["Access-Control-Request-Method", "Origin"]
    assert answer.json["message"].endswith("this header is mandatory")
    headers = {"Origin": "http://a.org", "Access-Control-Request-Method": "POST"}
    complete = send("OPTIONS", RECORDS, headers=headers)
    assert (complete.status, complete.body) == (200, b"null")


def test_rule_16_headers_are_exposed_even_without_origin(world):
    for answer in (world("GET", R, user="alice"), world("GET", R), world("GET", "/none")):
        assert "Backoff" in answer.headers["access-control-expose-headers"]
        assert "access-control-allow-origin" not in answer.headers


def test_rule_17_bad_credentials_make_an_anonymous_caller(world_with):
    send = world_with(**{"multiauth.policies": "basicauth second",
                         "multiauth.policy.second.use": "kinto.core.authentication.BasicAuthAuthenticationPolicy"})  # fmt: skip
    send("PUT", C, user="alice", json={"permissions": {"read": ["system.Everyone"]}})
    for value in ("Basic !!!", "Basic Og==", "Bearer x", "Basic", "Basic \xff", "x"):
        assert send("GET", R, headers={"Authorization": value}).status == 200
        answer = send("GET", B, headers={"Authorization": value})
        assert answer.status == 401
        challenges = [v for name, v in answer.lines if name.lower() == "www-authenticate"]
        assert challenges == ['Basic realm="Realm"'] * 2
