"""Which permissions grant which: the table of the protocol, row by row."""

from __future__ import annotations

import pytest

from kinto.authorization import (
    PERMISSIONS_INHERITANCE_TREE,
    AuthorizationPolicy,
    _inherited_permissions,
    _relative_object_uri,
    _resource_endpoint,
)

B = "/buckets/b"
C = "/buckets/b/collections/c"
G = "/buckets/b/groups/g"
R = "/buckets/b/collections/c/records/r"


@pytest.mark.parametrize(
    ("uri", "endpoint"),
    [
        ("", ("", False)),
        ("/", ("", False)),
        ("/buckets", ("", False)),
        (B, ("bucket", False)),
        (f"{B}/groups", ("bucket", True)),
        (f"{B}/collections", ("bucket", True)),
        (C, ("collection", False)),
        (G, ("group", False)),
        (f"{C}/records", ("collection", True)),
        (R, ("record", False)),
    ],
)
def test_a_list_is_about_what_holds_it(uri, endpoint):
    assert _resource_endpoint(uri) == endpoint


@pytest.mark.parametrize(
    ("resource_name", "uri", "ancestor"),
    [
        ("bucket", B, B),
        ("bucket", R, B),
        ("bucket", f"{B}/collections", B),
        ("collection", R, C),
        ("collection", f"{C}/records", C),
        ("record", R, R),
        ("group", G, G),
    ],
)
def test_ancestors_are_found_by_resource(resource_name, uri, ancestor):
    assert _relative_object_uri(resource_name, uri) == ancestor


@pytest.mark.parametrize(("resource_name", "uri"), [("group", R), ("collection", B), ("record", C)])
def test_what_does_not_hold_an_object_is_no_ancestor(resource_name, uri):
    with pytest.raises(ValueError):
        _relative_object_uri(resource_name, uri)


def pairs(uri, *names):
    return [(uri, name) for name in names]


@pytest.mark.parametrize(
    ("uri", "permission", "granting"),
    [
        (B, "read", pairs(B, "read", "write", "collection:create", "group:create")),
        (B, "write", pairs(B, "write")),
        (f"{B}/collections", "collection:create", pairs(B, "collection:create", "write")),
        (f"{B}/collections", "read", pairs(B, "read", "write")),
        (f"{B}/collections", "write", pairs(B, "write")),
        (f"{B}/groups", "group:create", pairs(B, "group:create", "write")),
        (f"{B}/groups", "read", pairs(B, "read", "write")),
        (C, "read", pairs(B, "read", "write") + pairs(C, "read", "write", "record:create")),
        (C, "write", pairs(B, "write") + pairs(C, "write")),
        (
            f"{C}/records",
            "record:create",
            pairs(B, "write") + pairs(C, "write", "record:create"),
        ),
        (f"{C}/records", "read", pairs(B, "read", "write") + pairs(C, "read", "write")),
        (f"{C}/records", "write", pairs(B, "write") + pairs(C, "write")),
        (G, "read", pairs(B, "read", "write") + pairs(G, "read", "write")),
        (G, "write", pairs(B, "write") + pairs(G, "write")),
        (
            R,
            "read",
            pairs(B, "read", "write") + pairs(C, "read", "write") + pairs(R, "read", "write"),
        ),
        (R, "write", pairs(B, "write") + pairs(C, "write") + pairs(R, "write")),
        ("/buckets", "read", []),
        ("/buckets", "write", []),
        ("/buckets", "bucket:create", []),
        ("/articles/1", "read", []),
        (R, "destroy", []),
    ],
)
def test_what_grants_what(uri, permission, granting):
    found = _inherited_permissions(uri, permission)
    assert sorted(found) == sorted(granting)
    assert [len(uri) for uri, _ in found] == sorted((len(uri) for uri, _ in found), reverse=True)


def test_plugins_add_their_resources_to_the_tree(monkeypatch):
    monkeypatch.setitem(
        PERMISSIONS_INHERITANCE_TREE, "history", {"read": {"bucket": ["write", "read"]}}
    )
    found = AuthorizationPolicy().get_bound_permissions(f"{B}/historys/h", "read")
    assert sorted(found) == sorted(pairs(B, "read", "write"))


def test_the_rule_may_be_replaced_on_the_policy():
    policy = AuthorizationPolicy()
    policy.get_bound_permissions = lambda uri, permission: [("x", "y")]
    assert policy.get_bound_permissions(B, "read") == [("x", "y")]
