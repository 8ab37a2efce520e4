"""Granters of a permission, from a tree like the application's."""

from __future__ import annotations

import pytest

from kinto.core.protocol.inheritance import (
    inherited_permissions,
    relative_object_uri,
    resource_endpoint,
)

TREE = {
    "root": {"bucket:create": {}, "read": {}, "write": {}},
    "bucket": {
        "write": {"bucket": ["write"]},
        "read": {"bucket": ["write", "read"]},
        "read:attributes": {"bucket": ["write", "read", "collection:create", "group:create"]},
        "group:create": {"bucket": ["write", "group:create"]},
    },
    "record": {
        "read": {
            "bucket": ["write", "read"],
            "collection": ["write", "read"],
            "record": ["write", "read"],
        },
    },
    "history": {"read": {"bucket": ["write", "read"]}},
}
B, C, R = "/buckets/b", "/buckets/b/collections/c", "/buckets/b/collections/c/records/r"


@pytest.mark.parametrize(
    ("uri", "permission", "expected"),
    [
        (B, "write", [(B, "write")]),
        (B, "read", [(B, "write"), (B, "read"), (B, "collection:create"), (B, "group:create")]),
        (f"{B}/groups", "read", [(B, "write"), (B, "read")]),
        (f"{B}/groups", "group:create", [(B, "write"), (B, "group:create")]),
        (B, "group:create", [(B, "write"), (B, "group:create")]),
        (R, "read", [(R, "write"), (R, "read"), (C, "write"), (C, "read"), (B, "write"),
        (B, "read")]),
        (f"{B}/collections/c/records/*", "read", None),
        (f"{B}/history/h", "read", [(B, "write"), (B, "read")]),
        ("/buckets", "bucket:create", []), ("/", "read", []), ("", "read", []), ("/planets/x",
        "read", []),
        (B, "fly", []), (C, "read", []),
    ],
)  # fmt: skip
def test_granters_come_longest_uri_first(uri, permission, expected):
    found = inherited_permissions(TREE, uri, permission)
    assert expected is None or found == expected
    assert found == sorted(found, key=lambda granter: -len(granter[0]))


def test_a_pattern_of_objects_has_granters_too():
    assert (f"{C}/records/*", "write") in inherited_permissions(TREE, f"{C}/records/*", "read")


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("/", ("", False)), ("", ("", False)), ("/buckets", ("", False)), (B, ("bucket", False)),
        (f"{B}/collections", ("bucket", True)), (C, ("collection", False)),
        (f"{C}/records", ("collection", True)),
        (R, ("record", False)), (f"{B}/history/x", ("history", False)),
        ("/accounts/mat", ("account", False)),
    ],
)  # fmt: skip
def test_the_resource_that_rules_a_uri(uri, expected):
    assert resource_endpoint(uri) == expected


def test_the_uri_of_an_ancestor():
    assert relative_object_uri("bucket", R) == B
    assert relative_object_uri("collection", R) == C
    assert relative_object_uri("record", R) == R
    assert relative_object_uri("bucket", f"{B}/groups") == B
    for name, uri in (("group", R), ("bucket", "/"), ("record", C)):
        with pytest.raises(ValueError):
            relative_object_uri(name, uri)


def test_a_change_of_the_tree_counts_at_once():
    tree = {"bucket": {"read": {"bucket": ["read"]}}}
    assert inherited_permissions(tree, B, "read") == [(B, "read")]
    tree["bucket"]["read"]["bucket"].append("write")
    assert inherited_permissions(tree, B, "read") == [(B, "read"), (B, "write")]
    tree["bucket"]["read:attributes"] = {"bucket": ["group:create"]}
    assert inherited_permissions(tree, B, "read") == [(B, "group:create")]
    assert inherited_permissions(tree, f"{B}/groups", "read") == [(B, "read"), (B, "write")]
    del tree["bucket"]
    assert inherited_permissions(tree, B, "read") == []


def test_what_one_caller_does_to_the_answer_is_not_seen_by_the_next():
    inherited_permissions(TREE, R, "read").clear()
    assert (B, "read") in inherited_permissions(TREE, R, "read")


@pytest.mark.parametrize(
    "uri", ["/buckets//b", "//buckets/b", "buckets/b", "/buckets/b/", "/buckets/b//"]
)
def test_unusual_spellings_are_ruled_as_the_usual_one(uri):
    inherited_permissions(TREE, B, "write")
    assert set(inherited_permissions(TREE, uri, "write")) == {(B, "write")}
