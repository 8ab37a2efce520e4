"""`/__counters__`: how much of what is stored (plugins: 10)."""

from __future__ import annotations

import pytest

from tests.plugins import pages

SETTINGS = {
    "includes": "kinto.plugins.counters kinto.plugins.accounts kinto.plugins.history",
    "multiauth.policies": "account basicauth",
    "multiauth.policy.account.use": "kinto.plugins.accounts.AccountsPolicy",
    "account_create_principals": "system.Everyone",
    "account_bcrypt_rounds": 4,
}
B = "/buckets/b"


@pytest.fixture
def app(make_app):
    return make_app(**SETTINGS)


@pytest.fixture
def ann(user_headers):
    return user_headers("ann")


def test_an_empty_server_has_nothing(app):
    assert app.get("/__counters__").json == {"objects": {}, "tombstones": {}}


def test_objects_and_tombstones_are_counted_by_kind(app, ann):
    app.put_json("/accounts/bob", {"data": {"password": "a long password"}})
    app.put_json(B, headers=ann)
    app.put_json(f"{B}/groups/g", {"data": {"members": []}}, headers=ann)
    for name in ("c", "d"):
        app.put_json(f"{B}/collections/{name}", headers=ann)
        for record in ("r", "s"):
            app.put_json(f"{B}/collections/{name}/records/{record}", headers=ann)
    app.delete(f"{B}/collections/c/records/r", headers=ann)
    app.delete(f"{B}/collections/d", headers=ann)
    assert app.get("/__counters__").json == {
        "objects": {"account": 1, "bucket": 1, "group": 1, "collection": 1, "record": 1}
        | {"history": 10},
        "tombstones": {"collection": 1, "record": 1},
    }


def test_anybody_may_ask_with_get_and_head_only(app):
    app.get("/__counters__", status=200)
    assert app.head("/__counters__", status=200).body == b""
    for method in ("post", "put", "patch", "delete"):
        getattr(app, method)("/__counters__", status=405)


def test_a_readonly_server_counts(make_app):
    make_app(**SETTINGS, readonly=True).get("/__counters__", status=200)


def test_the_capability_is_the_known_one(app):
    assert app.get("/").json["capabilities"]["counters_endpoint"] == {
        "description": "The __counters__ endpoint exposes how many objects are stored.",
        "url": "https://kinto.readthedocs.io/en/latest/api/1.x/counters.html",
    }


def test_the_page_is_followed(make_app):
    pages.follow(make_app(**pages.settings_of("counters")), "counters")
