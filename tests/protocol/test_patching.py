"""What PUT and PATCH make of data and permissions."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given

from kinto.core.protocol.failures import Problem
from kinto.core.protocol.limits import Limits
from kinto.core.protocol.patching import (
    applied_changes,
    apply_json_patch,
    check_permissions,
    merge_patch,
    patch_annotated_object,
    patched_permissions,
    replaced_permissions,
    shallow_update,
    visible_changes,
)
from tests.protocol.json_values import objects, small_values, values

# stored, patch, result: the test cases of RFC 7396 (appendix A), and ours.
MERGES = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}), ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}), ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}), ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}), (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]), ({"a": "foo"}, None, None), ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}), ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ({"a": 1}, {"a": {"b": 2}}, {"a": {"b": 2}}),
    ({"a": [1]}, {"a": {"b": None}}, {"a": {}}),
]  # fmt: skip


@pytest.mark.parametrize(("stored", "patch", "expected"), MERGES)
def test_merge_patch_is_rfc_7396(stored, patch, expected):
    before = copy.deepcopy((stored, patch))
    assert merge_patch(stored, patch) == expected
    assert (stored, patch) == before


@given(small_values, small_values)
def test_a_merge_patch_applied_twice_is_applied_once(stored, patch):
    once = merge_patch(stored, patch)
    assert merge_patch(once, patch) == once


@given(values)
def test_an_empty_merge_patch_changes_no_object(stored):
    assert merge_patch(stored, {}) == (stored if isinstance(stored, dict) else {})


@given(objects, objects)
def test_a_merge_touches_only_what_it_names(stored, patch):
    merged = merge_patch(stored, patch)
    assert {n: v for n, v in merged.items() if n not in patch} == {
        n: v for n, v in stored.items() if n not in patch
    }
    assert applied_changes(patch, merged) == {n: merged[n] for n in patch if n in merged}


def test_a_shallow_update_replaces_fields_and_stores_null():
    stored = {"a": {"b": 1}, "c": 2}
    updated = shallow_update(stored, {"a": {"d": None}, "e": None})
    assert updated == {"a": {"d": None}, "c": 2, "e": None}
    updated["a"]["z"] = 1
    assert stored == {"a": {"b": 1}, "c": 2}


def json_patch(operations, data=None, permissions=None, allowed=("read", "write", "record:create")):
    data = {"id": "x", "title": "Hello"} if data is None else data
    held = {"write": ["account:alice"]} if permissions is None else permissions
    return apply_json_patch(data, held, operations, allowed_permissions=allowed)


EVERYONE = "system.Everyone"
GROUP = "/buckets/b/groups/g"


@pytest.mark.parametrize(
    ("operations", "changed"),
    [
        ([{"op": "add", "path": f"/permissions/read/{EVERYONE}"}], {"read": {EVERYONE}}),
        ([{"op": "add", "path": f"/permissions/read/{EVERYONE}",
        "value": "ignored"}], {"read": {EVERYONE}}),
        ([{"op": "add", "path": "/permissions/read/~1buckets~1b~1groups~1g"}], {"read": {GROUP}}),
        ([{"op": "remove", "path": "/permissions/write/account:alice"}], {"write": set()}),
        ([{"op": "test", "path": "/permissions/write/account:alice"}], {}),
        ([{"op": "replace", "path": "/permissions/write", "value": ["a", "b"]}], {"write": {"a",
        "b"}}),
        ([{"op": "add", "path": "/permissions/write", "value": []}], {"write": set()}),
        ([{"op": "add", "path": "/permissions/record:create",
        "value": ["a"]}], {"record:create": {"a"}}),
        ([{"op": "remove", "path": "/permissions/write"}], {"write": set()}),
        ([{"op": "add", "path": "/permissions/write/account:alice"}], {}),
        ([{"op": "copy", "from": "/permissions/write",
        "path": "/permissions/read"}], {"read": {"account:alice"}}),
        ([{"op": "add", "path": "/data/title", "value": "Bye"}], {}), ([], {}),
        ([{"op": "add", "path": "/other", "value": 1}], {}),
    ],
)  # fmt: skip
def test_permissions_that_a_json_patch_changes(operations, changed):
    assert json_patch(operations)[1] == changed


def test_data_that_a_json_patch_changes():
    data, _ = json_patch([{"op": "replace", "path": "/data", "value": {"a": 1}}])
    assert data == {"a": 1}
    stored = {"id": "x", "n": [1]}
    data, _ = json_patch([{"op": "add", "path": "/data/n/-", "value": 2}], data=stored)
    assert (data, stored) == ({"id": "x", "n": [1, 2]}, {"id": "x", "n": [1]})


def test_other_permissions_need_a_value_and_have_to_exist():
    held = {"record:create": ["a"]}
    add = {"op": "add", "path": "/permissions/record:create/b"}
    assert json_patch([{**add, "value": "b"}], permissions=held)[1] == {"record:create": {"a", "b"}}
    for operation, permissions in ((add, held), ({**add, "value": "b"}, {})):
        with pytest.raises(Problem, match="JSON Patch operation failed"):
            json_patch([operation], permissions=permissions)


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "remove", "path": "/data"}, {"op": "replace", "path": "/data", "value": [1]},
        {"op": "remove", "path": "/permissions"}, {"op": "replace", "path": "/permissions",
        "value": 1},
        {"op": "add", "path": "/permissions/destroy/me"}, {"op": "add",
        "path": "/permissions/destroy", "value": ["a"]},
        {"op": "add", "path": "/permissions/read", "value": "abc"}, {"op": "add",
        "path": "/permissions/read", "value": [1]},
        {"op": "add", "path": "/permissions/read", "value": [""]}, {"op": "add",
        "path": "/permissions/read", "value": None},
        {"op": "remove", "path": "/permissions/read/nobody"}, {"op": "test",
        "path": "/permissions/read/nobody"},
        {"op": "add", "path": "/permissions/read/a~2"}, {"op": "add", "path": "/x/y", "value": 1},
        {"op": "add", "path": "/permissions/read/"}, {"op": "move", "from": "/data",
        "path": "/permissions/read"},
        {"op": "move", "from": "/permissions", "path": "/data"}, {"op": "add"},
    ],
)  # fmt: skip
def test_refused_json_patches_are_one_kind_of_400(operation):
    with pytest.raises(Problem) as refusal:
        json_patch([operation])
    assert (refusal.value.location, refusal.value.name) == ("body", None)
    assert str(refusal.value).startswith("body: JSON Patch operation failed: ")


def test_permissions_a_resource_has_for_other_reasons_stay():
    assert json_patch([], permissions={"odd": ["a"]}) == ({"id": "x", "title": "Hello"}, {})


def test_the_published_function_gives_maps_and_leaves_its_argument():
    obj = {"a": 1, "__permissions__": {"read": {"bob"}}}
    before = copy.deepcopy(obj)
    result = patch_annotated_object(
        obj,
        [
            {"op": "add", "path": "/permissions/write/ann"},
            {"op": "add", "path": "/data/b", "value": 2},
        ],
    )
    assert result == {
        "data": {"a": 1, "b": 2},
        "permissions": {"read": {"bob": "bob"}, "write": {"ann": "ann"}},
    }
    assert obj == before
    with pytest.raises(ValueError):
        patch_annotated_object({"a": 1}, [{"op": "remove", "path": "/data/b"}])


NAMES = ("read", "write", "record:create")


@pytest.mark.parametrize(
    ("requested", "expected"),
    [
        (None, None), ({}, None), ({"read": None}, None),
        ({"read": ["x", "x"]}, {"read": {"x"}, "write": set(), "record:create": set()}),
        ({"read": [], "write": None}, {"read": set(), "write": set(), "record:create": set()}),
    ],
)  # fmt: skip
def test_one_array_in_a_put_replaces_all_permissions(requested, expected):
    assert replaced_permissions(requested, names=NAMES) == expected


@pytest.mark.parametrize(
    ("requested", "null_removes", "expected"),
    [
        (None, False, {}), ({"read": ["a"], "write": None}, False, {"read": {"a"}}),
        ({"read": ["a"], "write": None}, True, {"read": {"a"}, "write": set()}),
        ({"read": []}, False, {"read": set()}),
    ],
)  # fmt: skip
def test_a_patch_changes_permissions_by_name(requested, null_removes, expected):
    assert patched_permissions(requested, null_removes=null_removes) == expected


def test_permissions_have_caps():
    limits = Limits(permission_principals=2, principal_length=3)
    check_permissions({"read": ["a"], "write": ["abc"]}, limits=limits)
    for permissions in ({"read": ["a", "b"], "write": ["c"]}, {"read": ["abcd"]}):
        with pytest.raises(Problem):
            check_permissions(permissions, limits=limits)


OLD = {"id": "x", "title": "Hello", "lang": "fr", "last_modified": 5, "meta": {"draft": True}}
NEW = {"id": "x", "title": "Bye", "lang": "fr", "last_modified": 9, "meta": {"draft": False}}


@pytest.mark.parametrize(
    ("behavior", "provided", "expected"),
    [
        ("full", {"title": "Bye"}, NEW), ("light", {"title": "Bye",
        "lang": "fr"}, {"title": "Bye"}),
        ("diff", {"title": "Bye", "lang": "fr"}, {}),
        ("light", {"last_modified": 3}, {"last_modified": 9}),
        ("diff", {"last_modified": 3, "title": "Bye"}, {"last_modified": 9}),
        ("light", {"gone": 1}, {}),
        ("light", {"meta": {"draft": False}}, {"meta": {"draft": False}}),
        ("light", OLD, {n: NEW[n] for n in
         ("title", "last_modified", "meta")}),
         ("diff", {**NEW, "last_modified": 5}, {"last_modified": 9}),
    ],
)  # fmt: skip
def test_response_behaviors(behavior, provided, expected):
    assert visible_changes(behavior, provided=provided, old=OLD, new=NEW) == expected
