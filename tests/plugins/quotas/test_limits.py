"""Limits: what is too much answers 507 with the text that clients compare, and changes nothing."""

from __future__ import annotations

import json

import pytest

from kinto.plugins.quotas import QuotasSettings
from kinto.plugins.quotas.counters import size_of
from kinto.plugins.quotas.settings import Limits
from tests.factories import build_api
from tests.plugins import pages
from tests.plugins.quotas.conftest import B, C, R
from tests.plugins.quotas.counting import counted, counters_of


def test_the_size_of_an_object_is_that_of_its_json():
    assert size_of({"id": "a", "last_modified": 1795426679328}) == 40
    assert size_of({"last_modified": 1795426679328, "id": "é"}) == 45
    assert size_of({"id": "a", "last_modified": 1, "deleted": True}) == 0
    assert size_of(None) == 0


def refused(resp):
    assert resp.status_int == 507
    assert resp.content_type == "application/json"
    assert set(resp.json) == {"code", "errno", "error", "message"}
    assert (resp.json["code"], resp.json["errno"]) == (507, 121)
    assert resp.json["error"] == "Insufficient Storage"
    return resp.json["message"]


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"bucket_max_items": 1}, "Bucket maximum number of objects exceeded (2 > 1 objects)."),
        (
            {"collection_max_items": 1},
            "Collection maximum number of objects exceeded (2 > 1 objects).",
        ),
        ({"bucket_b_max_items": 1, "bucket_max_items": 9}, "(2 > 1 objects)."),
        ({"collection_b_max_items": 1, "collection_max_items": 9}, "(2 > 1 objects)."),
        ({"collection_b_c_max_items": 1, "collection_b_max_items": 9}, "(2 > 1 objects)."),
        ({"bucket_max_bytes": 120}, "Bucket maximum total size exceeded (160 > 120 Bytes). "),
        ({"collection_max_bytes": 80}, "Collection maximum size exceeded (120 > 80 Bytes)."),
    ],
)
def test_one_record_too_many_is_refused(limited, ann, stored, limits, message):
    app = limited(**limits)
    app.put_json(R, headers=ann)
    before = stored(app)
    resp = app.put_json(f"{C}/records/s", headers=ann, status=507)
    assert refused(resp).endswith(message)
    assert stored(app) == before
    app.get(f"{C}/records/s", headers=ann, status=404)


@pytest.mark.parametrize(
    "limits",
    [
        {"bucket_max_bytes_per_item": 60},
        {"bucket_b_max_bytes_per_item": 60},
        {"collection_max_bytes_per_item": 60, "bucket_max_bytes_per_item": 900},
        {"collection_b_max_bytes_per_item": 60},
        {"collection_b_c_max_bytes_per_item": 60, "collection_max_bytes_per_item": 900},
    ],
)
def test_an_object_that_is_too_large_is_refused(limited, ann, limits):
    app = limited(**limits)
    app.put_json(R, headers=ann)
    resp = app.patch_json(R, {"data": {"a": "x" * 41}}, headers=ann, status=507)
    assert refused(resp) == 'Maximum bytes per object exceeded " "(88 > 60 Bytes.'
    app.delete(R, headers=ann)


@pytest.mark.parametrize("path", [f"{B}/groups/g", f"{B}/collections/d", B])
def test_objects_of_every_kind_are_weighed(limited, ann, path):
    app = limited(bucket_max_bytes_per_item=99, bucket_max_bytes=999)
    body = {"data": {"members": [], "a": "x" * 200}}
    message = refused(app.put_json(path, body, headers=ann, status=507))
    assert message.startswith('Maximum bytes per object exceeded " "(')
    app.registry.quota_limits = Limits({"quotas.bucket_max_bytes": 280})
    message = refused(app.put_json(path, body, headers=ann, status=507))
    assert message.startswith("Bucket maximum total size exceeded (")


def test_a_limit_of_zero_allows_nothing(limited, ann):
    app = limited(collection_max_items=0)
    app.put_json(R, headers=ann, status=507)


def test_no_limit_is_no_limit(limited, ann):
    app = limited()
    app.put_json(R, {"data": {"a": "x" * 9999}}, headers=ann)


def test_replacing_counts_the_difference(limited, ann, stored):
    app = limited(collection_max_bytes=1000)
    app.put_json(R, {"data": {"a": "x" * 800}}, headers=ann)
    app.put_json(R, {"data": {"a": "y" * 810}}, headers=ann)
    app.put_json(R, {"data": {}}, headers=ann)
    assert stored(app)["c"] == {"record_count": 1, "storage_size": 80}


def test_a_deletion_is_refused_while_too_much_is_left(limited, ann):
    app = limited()
    for number in range(4):
        app.put_json(f"{C}/records/r{number}", headers=ann)
    app.registry.quota_limits = Limits({"quotas.collection_max_items": 2})
    message = refused(app.delete(f"{C}/records/r0", headers=ann, status=507))
    assert message == "Collection maximum number of objects exceeded (3 > 2 objects)."
    app.delete(f"{C}/records?_limit=2", headers=ann)
    app.delete(f"{C}/records", headers=ann)


def test_a_batch_is_refused_whole(limited, ann, stored):
    app = limited(bucket_max_items=2)
    before = stored(app)
    requests = [{"method": "PUT", "path": f"{C}/records/r{number}"} for number in range(3)]
    resp = app.post_json("/batch", {"requests": requests}, headers=ann, status=507)
    assert refused(resp) == "Bucket maximum number of objects exceeded (3 > 2 objects)."
    assert app.get(f"{C}/records", headers=ann).json["data"] == []
    assert stored(app) == before


def test_a_batch_may_make_room_for_itself(limited, ann, stored):
    app = limited(bucket_max_items=1)
    app.put_json(R, headers=ann)
    requests = [
        {"method": "DELETE", "path": R},
        {"method": "PUT", "path": f"{C}/records/s"},
    ]
    app.post_json("/batch", {"requests": requests}, headers=ann)
    assert stored(app)[""]["record_count"] == 1


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", R, {"data": {"a": 1}}),
        ("POST", f"{C}/records", {"data": {"a": 1}}),
        ("PATCH", f"{C}/records/old", {"data": {"é": "ü"}}),
        ("DELETE", f"{C}/records/old", None),
        ("DELETE", f"{C}/records", None),
        ("DELETE", C, None),
        ("DELETE", f"{B}/collections", None),
        ("PUT", f"{B}/groups/g", {"data": {"members": ["x"]}}),
        ("DELETE", f"{B}/groups", None),
        ("PUT", f"{B}/collections/d", {"data": {"title": "d"}}),
        ("PATCH", C, {"data": {"title": "c"}}),
        ("PATCH", B, {"data": {"title": "b"}}),
        ("PUT", f"{C}/records/old", {"permissions": {"read": ["system.Everyone"]}}),
    ],
)
def test_counters_are_what_is_stored(limited, ann, method, path, body):
    app = limited()
    app.put_json(f"{C}/records/old", {"data": {"a": "b"}}, headers=ann)
    app.put_json(f"{B}/collections/e", headers=ann)
    app.put_json(f"{B}/groups/h", {"data": {"members": []}}, headers=ann)
    content = b"" if body is None else json.dumps(body).encode()
    headers = {**ann, "Content-Type": "application/json"}
    app.request(path, method=method, body=content, headers=headers)
    storage = app.registry.storage
    assert counters_of(storage, "b") == counted(storage, "b")


def test_a_deleted_bucket_leaves_no_counters(limited, ann, stored):
    app = limited(bucket_max_items=1)
    app.put_json(R, headers=ann)
    app.delete(B, headers=ann)
    assert app.registry.storage.count_all("quota", "*") == 0
    app.put_json(B, headers=ann)
    app.put_json(C, headers=ann)
    app.put_json(R, headers=ann)
    assert stored(app) == counted(app.registry.storage, "b")


def test_several_buckets_are_counted_apart(limited, ann):
    app = limited()
    requests = [{"method": "PUT", "path": f"/buckets/b{number}"} for number in range(3)]
    requests.append({"method": "PUT", "path": "/buckets/b1/collections/c"})
    app.post_json("/batch", {"requests": requests}, headers=ann)
    storage = app.registry.storage
    for bucket in ("b0", "b1", "b2"):
        assert counters_of(storage, bucket) == counted(storage, bucket)


def test_a_refused_request_is_not_counted(limited, ann, stored):
    app = limited()
    before = stored(app)
    app.put_json(R, {"data": {}}, headers={**ann, "If-Match": '"1"'}, status=412)
    assert stored(app) == before


@pytest.mark.parametrize("path", [f"{B}/quotas", f"{C}/quotas", f"{C}/quotas/collection_info"])
def test_no_url_leads_to_the_counters(limited, ann, path):
    limited().get(path, headers=ann, status=404)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("bucket_max_bytes", "many"),
        ("bucket_b_max_items", -1),
        ("collection_b_c_max_items", 1.5),
        ("bucket_max_byte", 1),
        ("record_max_bytes", 1),
    ],
)
def test_a_wrong_limit_is_refused(name, value):
    with pytest.raises(ValueError, match=f"quotas.{name}"):
        Limits({f"quotas.{name}": value})


def test_a_wrong_limit_stops_the_start(tmp_path):
    with pytest.raises(ValueError, match="bucket_max_bytes"):
        build_api(
            "memory",
            tmp_path,
            includes="kinto.plugins.quotas",
            **{"quotas.bucket_max_bytes": "many"},
        )


def test_the_environment_sets_limits(monkeypatch):
    monkeypatch.setenv("KINTO_QUOTAS_BUCKET_MAX_ITEMS", "7")
    assert Limits({"settings_prefix": "kinto"}).of_bucket("max_items", "any") == 7


def test_the_capability_is_the_known_one(limited):
    assert limited().get("/").json["capabilities"]["quotas"] == {
        "description": "Quotas Management on buckets and collections.",
        "url": "https://kinto.readthedocs.io",
    }


def test_the_page_is_followed(make_app):
    pages.follow(make_app(**pages.settings_of("quotas")), "quotas")


def test_the_page_lists_the_settings():
    assert pages.declared_in("quotas", QuotasSettings) == []
