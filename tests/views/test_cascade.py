"""Deleting a bucket or a collection removes all of it and nothing else (http: 3.13, P7)."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.factories import another_client
from tests.views import watching_plugin
from tests.views.conftest import B, C, G, R

NEIGHBOURS = ["/buckets/a_b", "/buckets/axb", "/buckets/a_bc", "/buckets/a"]


def everything(app, prefix):
    """All that the backends hold below a prefix: objects, tombstones, permissions."""
    found = []
    for resource_name in ("bucket", "collection", "group", "record"):
        for parent_id in ("", f"{prefix}", f"{prefix}/*"):
            found += app.storage.list_all(resource_name, parent_id, include_deleted=True)
    held = app.permission.get_accessible_objects(["system.Everyone"])
    return found, [uri for uri in held if uri.startswith(f"{prefix}/")]


@pytest.fixture
def full(app, alice, make):
    """A bucket with a group, two collections, and records with tombstones and permissions."""
    public = {"read": ["system.Everyone"]}
    make(app, G, {"members": ["account:m"]}, permissions=public)
    for collection in ("c", "d"):
        for record in ("r", "s", "t"):
            make(app, f"{B}/collections/{collection}/records/{record}", permissions=public)
        app.delete(f"{B}/collections/{collection}/records/t", headers=alice)
    app.delete(f"{B}/collections/d/records", headers=alice)
    return app


def test_a_deleted_collection_takes_its_records_along(full, alice, make):
    before = full.get(f"{C}/records", headers=alice).headers["ETag"]
    full.delete(C, headers=alice)
    assert full.storage.list_all("record", C, include_deleted=True) == []
    assert full.permission.get_objects_permissions([R]) == [{}]
    make(full, C)
    resp = full.get(f"{C}/records?_since=0", headers=alice)
    assert resp.json["data"] == []
    assert int(resp.headers["ETag"].strip('"')) > int(before.strip('"'))


def test_a_deleted_collection_leaves_its_siblings_alone(full, alice, make):
    make(full, f"{B}/collections/cc/records/r")
    make(full, f"{B}/collections/C/records/r")
    full.delete(C, headers=alice)
    full.get(f"{B}/collections/cc/records/r", headers=alice)
    full.get(f"{B}/collections/C/records/r", headers=alice)
    full.get(G, headers=alice)


def test_a_deleted_bucket_takes_everything_along(full, alice, make):
    full.delete(B, headers=alice)
    stored, granted = everything(full, B)
    assert [obj["id"] for obj in stored] == ["b"] and stored[0]["deleted"]
    assert granted == []
    assert full.permission.get_user_principals("account:m") == set()
    make(full, C)
    for path in (f"{B}/groups", f"{B}/collections", f"{C}/records"):
        shown = full.get(f"{path}?_since=0", headers=alice).json["data"]
        assert [obj["id"] for obj in shown] == (["c"] if path.endswith("collections") else [])


def test_deleting_all_buckets_takes_everything_along(full, alice):
    with full.given(bucket_write_principals="system.Authenticated"):
        full.delete("/buckets", headers=alice)
    stored, granted = everything(full, B)
    assert [obj["id"] for obj in stored] == ["b"]
    assert granted == []


@pytest.mark.parametrize("victim", NEIGHBOURS)
def test_names_that_look_alike_are_left_alone(app, alice, make, victim):
    for uri in NEIGHBOURS:
        make(app, f"{uri}/collections/c/records/r", permissions={"read": ["system.Everyone"]})
    app.delete(victim, headers=alice)
    for uri in NEIGHBOURS:
        app.get(f"{uri}/collections/c/records/r", status=401 if uri == victim else 200)


def test_more_children_than_one_call_deletes_are_all_deleted(app, alice, make, monkeypatch):
    make(app, C)
    for n in range(25):
        make(app, f"{C}/records/r{n}")
    original = app.storage.delete_all

    def ten_at_a_time(*args, **kwargs):
        return original(*args, **{**kwargs, "limit": 10})

    monkeypatch.setattr(app.storage, "delete_all", ten_at_a_time)
    app.delete(B, headers=alice)
    assert app.storage.list_all("record", f"{B}/*", include_deleted=True) == []


def test_the_children_of_a_failed_deletion_stay(full, alice, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("as if the permission backend were gone")

    with monkeypatch.context() as broken:
        broken.setattr(full.permission, "delete_object_permissions", fail)
        full.delete(B, headers=alice, status=500)
    full.get(R, headers=alice)
    assert full.permission.get_user_principals("account:m") == {G}


def batch(app, headers, *requests):
    body = {"requests": [{"method": method, "path": path} for method, path in requests]}
    return [
        answer["status"]
        for answer in app.post_json("/batch", body, headers=headers).json["responses"]
    ]


@pytest.mark.parametrize(
    ("requests", "statuses", "kept"),
    [
        ([("DELETE", C), ("PUT", R)], [200, 404], []),
        ([("DELETE", C), ("PUT", C), ("PUT", R)], [200, 201, 201], [C, R]),
        (
            [("DELETE", B), ("PUT", B), ("PUT", C), ("PUT", R)],
            [200, 201, 201, 201],
            [B, C, R],
        ),
        ([("DELETE", B), ("PUT", B), ("GET", f"{C}/records")], [200, 201, 404], [B]),
        ([("DELETE", f"{B}/collections"), ("PUT", C)], [200, 201], [C]),
        ([("DELETE", C), ("PUT", C), ("DELETE", C)], [200, 201, 200], []),
    ],
)
def test_what_a_batch_makes_again_is_new_and_stays(full, alice, requests, statuses, kept):
    assert batch(full, alice, *requests) == statuses
    for uri in (B, C, R):
        if uri in kept:
            assert full.get(uri, headers=alice).json["permissions"]["write"]
    if C in kept:
        shown = full.get(f"{C}/records?_since=0", headers=alice).json["data"]
        assert [obj["id"] for obj in shown] == (["r"] if R in kept else [])


def test_plugins_still_see_the_children_of_what_is_deleted(make_app, alice, make):
    app = make_app(includes="tests.views.watching_plugin")
    make(app, R)
    watching_plugin.seen.clear()
    app.delete(C, headers=alice)
    make(app, C)
    app.delete(B, headers=alice)
    assert watching_plugin.seen == [("collection", ["r"]), ("bucket", ["c"])]


def test_a_deletion_locks_every_list_below_in_the_order_of_batches(full, alice, monkeypatch):
    locked = []
    original = full.storage.lock_parent

    def lock_parent(resource_name, parent_id):
        locked.append((resource_name, parent_id))
        return original(resource_name, parent_id)

    monkeypatch.setattr(full.storage, "lock_parent", lock_parent)
    full.delete(B, headers=alice)
    assert locked == sorted(locked)
    assert locked == [
        ("bucket", ""),
        ("collection", B),
        ("group", B),
        ("record", C),
        ("record", f"{B}/collections/d"),
    ]


def test_nothing_arrives_in_a_bucket_while_it_is_deleted(full, alice):
    """Writers keep posting until they are refused; what they left must be gone."""
    started = threading.Barrier(4)

    def keep_writing(number):
        client = another_client(full)
        started.wait()
        for n in range(400):
            path = f"{B}/collections/{'cd'[n % 2]}/records/w{number}-{n}"
            if client.put_json(path, {}, headers=alice, status="*").status_int >= 400:
                return n
        return None

    with ThreadPoolExecutor(4) as pool:
        writers = [pool.submit(keep_writing, number) for number in range(3)]
        started.wait()
        another_client(full).delete(B, headers=alice)
        assert all(writer.result() is not None for writer in writers)
    stored, granted = everything(full, B)
    assert [obj["id"] for obj in stored] == ["b"]
    assert granted == []
