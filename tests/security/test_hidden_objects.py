"""To who may not read it, an object that exists answers exactly as one that does not.

Status, body and headers are compared whole, for every method and every precondition: neither
existence, nor timestamp, nor kind of content may be guessed from a refusal.
"""

from __future__ import annotations

import itertools

import pytest

from tests import factories

OWNER, STRANGER = factories.credentials("owner"), factories.credentials("stranger")
RECORDS = "/buckets/b/collections/c/records"
LISTS = {
    "/buckets": "b",
    "/buckets/b/collections": "c",
    "/buckets/b/groups": "g",
    RECORDS: "r",
}
CALLERS = {"anonymous": {}, "stranger": STRANGER}


@pytest.fixture
def api(make_app):
    """A bucket of Owner with one object of each kind; nobody else may anything."""
    owner = owner_of(app := make_app(bucket_create_principals="nobody"))
    app.registry.storage.create("bucket", "", {"id": "b"})
    app.registry.permission.add_principal_to_ace("/buckets/b", "write", owner)
    for path, object_id in list(LISTS.items())[1:]:
        app.put_json(f"{path}/{object_id}", headers=OWNER)
    return app


def owner_of(app):
    """The principal of Owner."""
    return app.get("/", headers=OWNER).json["user"]["id"]


def refusal(api, method, path, headers):
    """All that a refused caller gets to see, without what changes from request to request."""
    body = b'{"data": {}}' if method in ("PUT", "PATCH", "POST") else b""
    headers = {"Content-Type": "application/json", **headers}
    response = api.request(path, method=method, headers=headers, body=body, expect_errors=True)
    assert response.status_code in (401, 403), response
    seen = {name: value for name, value in response.headers.items() if name != "Date"}
    return response.status_code, seen, response.text


def preconditions(timestamp):
    values = ("*", f'"{timestamp}"', f'"{timestamp - 1}"')
    for name, value in itertools.product(("If-Match", "If-None-Match"), values):
        yield {name: value}
    yield {}


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE"])
def test_an_object_that_exists_is_refused_like_one_that_does_not(api, caller, path, method):
    timestamp = api.get(f"{path}/{LISTS[path]}", headers=OWNER).json["data"]["last_modified"]
    for condition in preconditions(timestamp):
        headers = {**CALLERS[caller], **condition}
        there = refusal(api, method, f"{path}/{LISTS[path]}", headers)
        absent = refusal(api, method, f"{path}/x", headers)
        assert there == absent, condition


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE"])
def test_a_list_refuses_whatever_its_timestamp(api, caller, path, method):
    etag = api.get(path, headers=OWNER, expect_errors=True).headers.get("ETag", '"1"')
    answers = {
        repr(refusal(api, method, path, {**CALLERS[caller], **condition}))
        for condition in preconditions(int(etag.strip('"')))
    }
    assert len(answers) == 1


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("query", ["", "?_since=0", "?id=r", "?has_title=true", "?_sort=title"])
def test_lists_of_what_exists_and_of_what_does_not_refuse_alike(api, caller, query):
    there = refusal(api, "GET", RECORDS + query, CALLERS[caller])
    absent = refusal(api, "GET", "/buckets/b/collections/x/records" + query, CALLERS[caller])
    elsewhere = refusal(api, "GET", "/buckets/x/collections/c/records" + query, CALLERS[caller])
    assert there == absent == elsewhere
