"""`kinto delete-collection`: all of the collection, nothing else, no trace."""

import pytest

from kinto.cli.maintenance import delete_collection


@pytest.fixture
def env(app):
    """A bucket with two collections, a record in each, one shared."""
    return {"registry": app.registry}


@pytest.fixture
def filled(app, user_headers):
    headers = user_headers("ann")
    app.put_json("/buckets/b", headers=headers)
    for name in ("c", "cc"):
        app.put_json(f"/buckets/b/collections/{name}", headers=headers)
        for record in ("r", "gone"):
            body = {"permissions": {"read": ["system.Everyone"]}}
            app.put_json(f"/buckets/b/collections/{name}/records/{record}", body, headers=headers)
        app.delete(f"/buckets/b/collections/{name}/records/gone", headers=headers)
    return headers


def test_a_collection_goes_with_its_records(app, env, filled, caplog):
    caplog.set_level("INFO")
    assert delete_collection(env, "b", "c") == 0
    app.get("/buckets/b/collections/c", headers=filled, status=404)
    app.put_json("/buckets/b/collections/c", headers=filled, status=201)
    listed = app.get("/buckets/b/collections/c/records?_since=0", headers=filled)
    assert listed.json["data"] == []
    assert "1 record(s) were deleted." in caplog.messages
    assert "'/buckets/b/collections/c' collection object was deleted." in caplog.messages


def test_its_neighbour_is_left_alone(app, env, filled):
    delete_collection(env, "b", "c")
    app.get("/buckets/b/collections/cc/records/r", status=200)
    since = app.get("/buckets/b/collections/cc/records?_since=0", headers=filled)
    assert len(since.json["data"]) == 2


def test_no_tombstone_is_left(app, env, filled):
    delete_collection(env, "b", "c")
    listed = app.get("/buckets/b/collections?_since=0", headers=filled).json["data"]
    assert [item["id"] for item in listed] == ["cc"]


def test_rights_are_gone(app, env, filled):
    delete_collection(env, "b", "c")
    assert app.permission.get_object_permissions("/buckets/b/collections/c/records/r") == {}


@pytest.mark.parametrize(
    ("bucket", "collection", "code", "message"),
    [
        ("x", "c", 32, "Bucket '/buckets/x' does not exist."),
        ("b", "x", 33, "Collection '/buckets/b/collections/x' does not exist."),
    ],
)
def test_what_is_missing_is_told(app, env, filled, caplog, bucket, collection, code, message):
    assert delete_collection(env, bucket, collection) == code
    assert message in caplog.messages


def test_a_readonly_server_refuses(app, env, filled):
    with app.given(readonly=True):
        assert delete_collection(env, "b", "c") == 31
