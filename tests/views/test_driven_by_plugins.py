"""Resources driven from the URLs of plugins (python-api: 3.3)."""

from __future__ import annotations

import pytest

from tests.views.conftest import B, C, R


@pytest.fixture
def driven(make_app):
    return make_app(
        includes="tests.views.driving_plugin", experimental_collection_schema_validation=True
    )


def test_a_record_is_patched_from_another_url(driven, alice, make, principal):
    make(driven, R, {"a": 1})
    resp = driven.post_json(f"{R}/note", {"note": "x"}, headers=alice)
    assert resp.json["data"]["note"] == "x"
    assert resp.json["data"]["a"] == 1
    assert resp.json["permissions"] == {"write": [principal(driven, alice)]}
    assert driven.get(R, headers=alice).json["data"]["note"] == "x"


def test_a_record_is_made_from_another_url(driven, alice, make, principal):
    make(driven, C)
    resp = driven.post_json(f"{R}/note", {"note": "x", "replace": True}, headers=alice)
    assert resp.json["data"]["id"] == "r"
    assert driven.permission.get_object_permissions(R) == {"write": {principal(driven, alice)}}


def test_the_schema_applies_there_too(driven, alice, make):
    make(driven, R, {"a": 1})
    make(driven, C, {"schema": {"properties": {"note": {"type": "integer"}}}})
    driven.post_json(f"{R}/note", {"note": "x"}, headers=alice, status=400)


def test_an_unknown_collection_is_a_404_there_too(driven, alice, make):
    make(driven, B)
    resp = driven.post_json(f"{R}/note", {"note": "x"}, headers=alice, status=404)
    assert resp.json["details"] == {"id": "c", "resource_name": "collection"}


def test_others_are_refused(driven, bob, make):
    make(driven, R)
    driven.post_json(f"{R}/note", {"note": "x"}, headers=bob, status=403)
    driven.post_json(f"{R}/note", {"note": "x"}, status=401)


def test_a_bucket_made_implicitly_belongs_to_the_caller(driven, bob, alice):
    driven.post_json("/implicit/mine", {}, headers=bob)
    assert driven.get("/buckets/mine", headers=bob).json["permissions"]["write"]
    driven.get("/buckets/mine", headers=alice, status=403)
