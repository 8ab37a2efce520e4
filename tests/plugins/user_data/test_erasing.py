"""Erasing a user: page by page, and every plugin hears of it."""

from __future__ import annotations

import pytest

from kinto.plugins.quotas.settings import Limits
from kinto.views import user_data
from tests.plugins.quotas.counting import counted, counters_of

B = "/buckets/b"
C = f"{B}/collections/c"


@pytest.fixture
def ann(user_headers):
    return user_headers("ann")


@pytest.fixture
def bob(user_headers):
    return user_headers("bob")


@pytest.fixture
def app(make_app):
    return make_app(
        **{
            "includes": "kinto.plugins.history kinto.plugins.quotas",
            "user-data_delete_principals": "system.Authenticated",
        }
    )


@pytest.fixture
def shared(app, ann, bob):
    """A bucket of ann in which bob has a collection, two groups and seven records of his own."""
    user = app.get("/", headers=bob).json["user"]["id"]
    rights = ("collection:create", "group:create")
    app.put_json(B, {"permissions": {name: [user] for name in rights}}, headers=ann)
    app.put_json(C, {"permissions": {"record:create": [user]}}, headers=ann)
    app.put_json(f"{C}/records/anns", headers=ann)
    for number in range(7):
        app.put_json(f"{C}/records/bobs{number}", {"data": {"n": number}}, headers=bob)
    for name in ("g", "h"):
        app.put_json(f"{B}/groups/{name}", {"data": {"members": [user]}}, headers=bob)
    app.put_json(f"{B}/collections/bobs", headers=bob)
    app.put_json(f"{B}/collections/bobs/records/r", headers=bob)
    return user


@pytest.mark.parametrize("size", [2, 500])
def test_every_deletion_is_told_whatever_the_size_of_the_pages(app, ann, shared, monkeypatch, size):
    monkeypatch.setattr(user_data, "BATCH", size)
    app.delete(f"/__user_data__/{shared}", headers=ann)
    left = app.get(f"{C}/records?_since=0&_sort=id", headers=ann).json["data"]
    assert [(one["id"], one.get("deleted", False)) for one in left] == [
        ("anns", False),
        *((f"bobs{number}", True) for number in range(7)),
    ]
    entries = app.get(f"{B}/history?action=delete", headers=ann).json["data"]
    assert sorted(entry["uri"] for entry in entries) == [
        f"{B}/collections/bobs",
        *(f"{C}/records/bobs{number}" for number in range(7)),
        f"{B}/groups/g",
        f"{B}/groups/h",
    ]
    assert all(entry["target"]["permissions"] == {} for entry in entries)


def test_quotas_count_what_is_left(app, ann, shared):
    app.delete(f"/__user_data__/{shared}", headers=ann)
    storage = app.registry.storage
    assert counters_of(storage, "b") == counted(storage, "b")
    assert counters_of(storage, "b")[""]["record_count"] == 1


def test_nothing_of_the_user_is_left_in_permissions(app, ann, shared):
    app.delete(f"/__user_data__/{shared}", headers=ann)
    permission = app.registry.permission
    assert permission.get_accessible_objects([shared]) == {}
    assert permission.get_user_principals(shared) == set()


def test_a_refusal_leaves_everything(app, ann, shared, bob):
    app.registry.quota_limits, before = _impossible(), app.registry.quota_limits
    try:
        app.delete(f"/__user_data__/{shared}", headers=ann, status=507)
    finally:
        app.registry.quota_limits = before
    assert len(app.get(f"{C}/records", headers=ann).json["data"]) == 8
    app.patch_json(f"{C}/records/bobs0", {"data": {"n": 9}}, headers=bob)


def _impossible():
    return Limits({"quotas.bucket_max_bytes": 0})
