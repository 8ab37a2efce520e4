"""Reading one object the short way gives what the long way gives.

A query string that means nothing is enough to take the long way (`kinto.core.resource.plain`).
"""

import pytest

from tests import factories

LONG_WAY = "?nothing=1"
COLLECTION = "/buckets/blog/collections/articles"
URIS = ("/buckets/blog", COLLECTION, "/buckets/blog/groups/staff", f"{COLLECTION}/records/one")
CALLERS = {
    "owner": factories.credentials("owner"),
    "reader": factories.credentials("reader"),
    "writer": factories.credentials("writer"),
    "stranger": factories.credentials("stranger"),
    "nobody": {},
}


@pytest.fixture
def blog(app):
    owner = CALLERS["owner"]
    ids = {
        name: app.get("/", headers=headers).json["user"]["id"]
        for name, headers in CALLERS.items()
        if headers
    }
    shared = {"permissions": {"read": [ids["reader"]], "write": [ids["writer"]]}}
    for uri in URIS:
        app.put_json(uri, {"data": {}, **shared}, headers=owner)
    return app


def _same(api, uri, headers):
    ways = [api.get(f"{uri}{end}", headers=headers, status="*") for end in ("", LONG_WAY)]
    short, long = ways
    assert short.status_code == long.status_code
    assert sorted(short.headers.items()) == sorted(long.headers.items())
    bodies = [answer.json if answer.body else None for answer in ways]
    for body in bodies:
        for principals in (body or {}).get("permissions", {}).values():
            principals.sort()
    assert bodies[0] == bodies[1]
    return short


@pytest.mark.parametrize("uri", URIS)
@pytest.mark.parametrize("caller", CALLERS)
def test_every_caller_gets_the_same_answer_both_ways(blog, caller, uri):
    answer = _same(blog, uri, CALLERS[caller])
    expected = {"nobody": 401, "stranger": 403}.get(caller, 200)
    assert answer.status_code == expected


@pytest.mark.parametrize(
    "uri",
    [
        f"{COLLECTION}/records/unknown",
        f"{COLLECTION}/records/no%20id",
        "/buckets/blog/collections/unknown/records/one",
        "/buckets/unknown/collections/articles/records/one",
    ],
)
def test_what_is_missing_is_missing_both_ways(blog, uri):
    assert _same(blog, uri, CALLERS["owner"]).status_code in (400, 403, 404)


@pytest.mark.parametrize("field", ["If-Match", "If-None-Match"])
@pytest.mark.parametrize("value", ['"{etag}"', '"1"', "{etag}", "*", '"x"', "", f'"{"9" * 30}"'])
def test_conditions_are_judged_the_same_both_ways(blog, field, value):
    uri = URIS[-1]
    etag = blog.get(uri, headers=CALLERS["owner"]).headers["ETag"].strip('"')
    _same(blog, uri, {**CALLERS["owner"], field: value.format(etag=etag)})


@pytest.mark.parametrize("value", ["application/json", "text/html", "*/*"])
def test_the_type_of_the_answer_is_negotiated_the_same_both_ways(blog, value):
    _same(blog, URIS[-1], {**CALLERS["owner"], "Accept": value})


def test_another_origin_is_answered_the_same_both_ways(blog):
    headers = {**CALLERS["owner"], "Origin": "https://app.example"}
    assert "Access-Control-Allow-Origin" in _same(blog, URIS[-1], headers).headers


def test_head_is_answered_the_same_both_ways(blog):
    ways = [blog.head(f"{URIS[-1]}{end}", headers=CALLERS["owner"]) for end in ("", LONG_WAY)]
    assert sorted(ways[0].headers.items()) == sorted(ways[1].headers.items())
