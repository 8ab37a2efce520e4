"""JSON patch operations (RFC 6902) and their caps."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinto.core.protocol.jsonpatch import OPERATIONS, PatchError, apply_operations, parse_pointer
from kinto.core.protocol.limits import Limits
from tests.protocol.json_values import objects, small_values


def op(name, path, **members):
    return {"op": name, "path": path, **members}


# document, operations, result: the examples of RFC 6902 (appendix A) and the corners of it.
APPLIED = [
    ({"foo": "bar"}, [op("add", "/baz", value="qux")], {"baz": "qux", "foo": "bar"}),
    ({"foo": ["bar", "baz"]}, [op("add", "/foo/1", value="qux")], {"foo": ["bar", "qux", "baz"]}),
    ({"foo": [1]}, [op("add", "/foo/1", value=2)], {"foo": [1, 2]}),
    ({"foo": ["bar"]}, [op("add", "/foo/-", value=["abc"])], {"foo": ["bar", ["abc"]]}),
    ({"foo": 1}, [op("add", "/foo", value=2)], {"foo": 2}),
    ({"foo": None}, [op("add", "/bar", value=None)], {"foo": None, "bar": None}),
    ({"baz": "qux", "foo": "bar"}, [op("remove", "/baz")], {"foo": "bar"}),
    ({"foo": ["bar", "qux", "baz"]}, [op("remove", "/foo/1")], {"foo": ["bar", "baz"]}),
    ({"a": None}, [op("remove", "/a")], {}),
    ({"baz": "qux"}, [op("replace", "/baz", value="boo")], {"baz": "boo"}),
    ({"l": [1, 2]}, [op("replace", "/l/0", value=3)], {"l": [3, 2]}),
    ({"foo": {"bar": "baz", "waldo": "fred"}, "qux": {"corge": "grault"}},
     [op("move", "/qux/thud", **{"from": "/foo/waldo"})],
     {"foo": {"bar": "baz"}, "qux": {"corge": "grault", "thud": "fred"}}),
    ({"foo": ["all", "grass", "cows", "eat"]}, [op("move", "/foo/3", **{"from": "/foo/1"})],
     {"foo": ["all", "cows", "eat", "grass"]}),
    ({"a": 1}, [op("move", "/a", **{"from": "/a"})], {"a": 1}),
    ({"a": {"b": 1}}, [op("copy", "/c", **{"from": "/a"}), op("replace", "/c/b", value=2)],
     {"a": {"b": 1}, "c": {"b": 2}}),
    ({"baz": "qux", "foo": ["a", 2, "c"]},
     [op("test", "/baz", value="qux"), op("test", "/foo/1", value=2.0)],
     {"baz": "qux", "foo": ["a", 2, "c"]}),
    ({"/": 9, "~1": 10}, [op("test", "/~01", value=10), op("test",
    "/~1", value=9)], {"/": 9, "~1": 10}),
    ({"": {"": 1}}, [op("test", "//", value=1)], {"": {"": 1}}),
    ({"0": "a"}, [op("remove", "/0")], {}),
]  # fmt: skip


@pytest.mark.parametrize(("document", "operations", "expected"), APPLIED)
def test_operations_change_a_copy(document, operations, expected):
    before = copy.deepcopy(document)
    assert apply_operations(document, operations) == expected
    assert document == before


REFUSED = [
    ({"a": 1}, [op("remove", "/zzz")], "can't remove a non-existent object 'zzz'"),
    ({"a": 1}, [op("replace", "/zzz", value=1)], "can't replace a non-existent object 'zzz'"),
    ({"a": 1}, [op("copy", "/b", **{"from": "/zzz"})], "'zzz'"),
    ({"a": 1}, [op("move", "/b", **{"from": "/zzz"})], "'zzz'"),
    ({"a": 1}, [op("move", "/zzz", **{"from": "/zzz"})], "'zzz'"),
    ({"x": 1}, [op("add", "/a/b", value=1)], "member 'a' not found in {'x': 1}"),
    ({"x": 1}, [op("test", "/a", value=1)], "member 'a' not found in {'x': 1}"),
    ({"x": 1}, [op("add", "/x/y", value=1)], "member 'y' not found in 1"),
    ({"a": 3}, [op("test", "/a", value=4)],
     "3 (<class 'int'>) is not equal to tested value 4 (<class 'int'>)"),
    ({"a": 1}, [op("test", "/a", value=True)],
     "1 (<class 'int'>) is not equal to tested value True (<class 'bool'>)"),
    ({"a": 1}, [op("add", "/b")], "The operation does not contain a 'value' member"),
    ({"a": 1}, [op("replace", "/a")], "The operation does not contain a 'value' member"),
    ({"a": 1}, [op("test", "/a")], "The operation does not contain a 'value' member"),
    ({"a": 1}, [op("move", "/b")], "The operation does not contain a 'from' member"),
    ({"a": 1}, [op("copy", "/b")], "The operation does not contain a 'from' member"),
    ({"a": {"b": 1}}, [op("move",
    "/a/c", **{"from": "/a"})], "Cannot move values into their own children"),
    ({"l": [1]}, [op("add", "/l/5", value=1)], "can't insert outside of list"),
    ({"l": [1]}, [op("add", "/l/01", value=1)], "'01' is not a valid sequence index"),
    ({"l": [1]}, [op("remove", "/l/-")], "can't remove a non-existent object '-'"),
    ({"l": [1]}, [op("remove", "/l/1")], "can't remove a non-existent object '1'"),
    ({"l": [1]}, [op("remove", "/l/" + "9" * 5000)], "can't remove a non-existent object '999"),
    ({}, [op("fly", "/a")], "Unknown operation 'fly'"),
    ({}, [{"path": "/a"}], "Unknown operation None"),
    ({}, [op("add", "a", value=1)], "Location must start with /"),
    ({}, [op("add", "", value=1)], "Location must start with /"),
    ({}, [{"op": "add", "value": 1}], "Location must start with /"),
    ({}, [op("add", "/~2", value=1)], "Found invalid escape"), ({}, [op("add",
    "/a~", value=1)], "Found invalid escape"),
]  # fmt: skip


@pytest.mark.parametrize(("document", "operations", "reason"), REFUSED)
def test_refused_operations(document, operations, reason):
    before = copy.deepcopy(document)
    with pytest.raises(PatchError) as refusal:
        apply_operations(document, operations)
    assert str(refusal.value).startswith(reason)
    assert document == before


def test_copies_cannot_make_a_document_explode():
    doubling = [op("copy", f"/l/{n}", **{"from": "/l"}) for n in range(60)]
    with pytest.raises(PatchError, match="too large"):
        apply_operations({"l": []}, [op("copy", "/l/-", **{"from": "/l"})] * 200)
    deeper = [op("move", "/l", **{"from": "/l/0"}), op("add", "/l", value=[[]])] * 3
    with pytest.raises(PatchError, match="nested too deep"):
        apply_operations({"l": [[]]}, deeper, limits=Limits(json_depth=2))
    with pytest.raises(PatchError, match=r"too large|too deep"):
        apply_operations({"l": ["x" * 1000]}, doubling, limits=Limits(patch_size=10**5))
    wide = [op("copy", f"/d/{n}", **{"from": "/big"}) for n in range(1000)]
    with pytest.raises(PatchError, match="too large"):
        apply_operations({"big": "x" * 10**6, "d": {}}, wide)


def test_operations_are_counted():
    with pytest.raises(PatchError, match="limited to 3"):
        apply_operations(
            {"a": 1}, [op("test", "/a", value=1)] * 4, limits=Limits(patch_operations=3)
        )


def test_messages_show_only_what_they_may():
    document = {"data": {"a": 1}, "permissions": {"write": {"account:ann": "account:ann"}}}
    for operation in (op("add", "/x/y", value=1), op("add", "/permissions/zz/y", value=1),
                      op("test", "/permissions/write", value={})):  # fmt: skip
        with pytest.raises(PatchError) as refusal:
            apply_operations(document, [operation], shown=("data",))
        assert "account:ann" not in str(refusal.value)
    with pytest.raises(PatchError, match=r"member 'b' not found in \{'a': 1\}"):
        apply_operations(document, [op("add", "/data/b/c", value=1)], shown=("data",))


def test_pointers_are_unescaped_once():
    assert parse_pointer("/a~1b/~01/m~0n/") == ["a/b", "~1", "m~n", ""]


pointers = st.lists(st.sampled_from(["a", "b", "0", "-", "", "~1", "~"]), max_size=3).map(
    lambda parts: "".join(f"/{part}" for part in parts)
)
operations = st.fixed_dictionaries(
    {}, optional={"op": st.sampled_from([*OPERATIONS, "zz"]), "path": pointers | small_values,
                  "from": pointers | small_values, "value": small_values}
)  # fmt: skip


@given(objects, st.lists(operations, max_size=5))
def test_any_patch_is_applied_or_refused_with_the_declared_error(document, steps):
    before = copy.deepcopy(document)
    try:
        result = apply_operations(document, steps)
    except PatchError:
        result = {}
    assert isinstance(result, dict)
    assert document == before


@given(objects, objects)
def test_a_patch_written_from_a_difference_gives_the_other(source, target):
    steps = [op("remove", f"/{name}") for name in source if name not in target]
    steps += [op("add", f"/{name}", value=value) for name, value in target.items()]
    steps += [op("test", f"/{name}", value=value) for name, value in target.items()]
    assert apply_operations(source, steps) == target
