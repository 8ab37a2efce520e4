"""Pages of a list of which only some objects are shared: nothing else is shown or deleted."""

from __future__ import annotations

import pytest

from tests import factories

SHARED = {f"shared{n}" for n in range(5)}
PRIVATE = {f"private{n}" for n in range(5)}
RECORDS = "/buckets/a_b/collections/c/records"
ALICE, BOB = factories.credentials("alice"), factories.credentials("bob")


@pytest.fixture
def api(app):
    """Alice owns ten records, and Bob may write half of them."""
    bob = app.get("/", headers=BOB).json["user"]["id"]
    app.put_json("/buckets/a_b", headers=ALICE)
    app.put_json("/buckets/a_b/collections/c", headers=ALICE)
    for name in sorted(SHARED | PRIVATE):
        permissions = {"write": [bob]} if name in SHARED else {}
        body = {"data": {"n": len(name)}, "permissions": permissions}
        app.put_json(f"{RECORDS}/{name}", body, headers=ALICE)
    return app


def pages(api, path, method="GET"):
    """The ids on each page, following `Next-Page`."""
    found = []
    while path is not None:
        response = api.request(path, method=method, headers=BOB)
        found.append([obj["id"] for obj in response.json["data"]])
        path = response.headers.get("Next-Page")
    return found


@pytest.mark.parametrize("query", ["", "&_sort=id", "&_sort=-n", "&has_n=true", "&not_id=x"])
def test_pages_of_a_shared_list_hold_all_shared_objects_and_no_other(api, query):
    found = pages(api, f"{RECORDS}?_limit=2{query}")
    assert [len(page) for page in found] == [2, 2, 1]
    assert {object_id for page in found for object_id in page} == SHARED


def test_a_filter_on_ids_gives_no_private_object(api):
    ids = ",".join(sorted(SHARED | PRIVATE))
    assert set(pages(api, f"{RECORDS}?in_id={ids}")[0]) == SHARED
    assert pages(api, f"{RECORDS}?id=private1") == [[]]


def test_a_page_token_of_the_owner_shows_others_no_private_object(api):
    first = api.get(f"{RECORDS}?_limit=2&_sort=id", headers=ALICE)
    response = api.get(first.headers["Next-Page"], headers=BOB, expect_errors=True)
    shown = response.json.get("data", [])
    assert {obj["id"] for obj in shown} <= SHARED


def test_deleting_a_shared_list_page_by_page_leaves_the_rest(api):
    deleted = pages(api, f"{RECORDS}?_limit=2", method="DELETE")
    assert {object_id for page in deleted for object_id in page} == SHARED
    left = api.get(RECORDS, headers=ALICE).json["data"]
    assert {obj["id"] for obj in left} == PRIVATE


def test_the_count_of_a_shared_list_is_that_of_the_shared_objects(api):
    response = api.head(f"{RECORDS}?_limit=2", headers=BOB)
    assert response.headers["Total-Objects"] == "5"
