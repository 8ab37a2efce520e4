"""Objects made again show nothing of those that had their names, but to readers of the bucket."""

from __future__ import annotations

import pytest

from tests.plugins.history.conftest import B, C, R

SECRET = {"secret": "of ann"}


@pytest.fixture
def moment(filled, ann, bob):
    """When the record `r` of `c` held a secret; bob may make collections, and records of `c`."""
    user = filled.get("/", headers=bob).json["user"]["id"]
    filled.patch_json(B, {"permissions": {"collection:create": [user]}}, headers=ann)
    filled.patch_json(C, {"permissions": {"record:create": [user]}}, headers=ann)
    stored = filled.put_json(R, {"data": SECRET}, headers=ann).json["data"]
    return stored["last_modified"]


def seen(app, headers):
    return app.get(f"{B}/history", headers=headers, status="*").text


def test_who_makes_a_collection_again_sees_nothing_of_the_former_one(filled, ann, bob, moment):
    filled.delete(C, headers=ann)
    filled.put_json(C, headers=bob)
    filled.put_json(R, {"data": {"own": 1}}, headers=bob)
    filled.patch_json(R, {"data": {"own": 2}}, headers=bob)
    assert "of ann" not in seen(filled, bob)
    assert '"own":1' in seen(filled, bob).replace(" ", "")
    snapshot = filled.get(f"{B}/snapshot/collections/c@{moment}", headers=bob)
    assert snapshot.json["data"] == []
    for path in ("c", "c/records/r"):
        filled.post(f"{B}/restore/collections/{path}@{moment}", headers=bob, status="*")
        assert "secret" not in filled.get(f"{C}/records", headers=bob).text


def test_who_makes_a_record_again_sees_nothing_of_the_former_one(filled, ann, bob, moment):
    filled.delete(R, headers=ann)
    filled.put_json(R, {"data": {"own": 1}}, headers=bob)
    filled.patch_json(R, {"data": {"own": 2}}, headers=bob)
    assert "of ann" not in seen(filled, bob)
    assert '"own":1' in seen(filled, bob).replace(" ", "")
    filled.post(f"{B}/restore/collections/c/records/r@{moment}", headers=bob, status="*")
    assert "secret" not in filled.get(R, headers=bob, status="*").text


def test_readers_of_the_bucket_see_and_restore_what_was(filled, ann, moment):
    filled.delete(C, headers=ann)
    filled.put_json(C, headers=ann)
    assert "of ann" in seen(filled, ann)
    filled.post(f"{B}/restore/collections/c@{moment}", headers=ann)
    assert filled.get(R, headers=ann).json["data"]["secret"] == "of ann"
