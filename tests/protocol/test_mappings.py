"""Nested dictionaries."""

from __future__ import annotations

import pytest
from hypothesis import given

from kinto.core.protocol.mappings import (
    dict_merge,
    dict_subset,
    find_nested_value,
    merge_dicts,
    recursive_update_dict,
    strip_whitespace,
)
from tests.protocol.json_values import objects


def test_merge_dicts_adds_only_what_is_not_there():
    a = {"a": 1, "n": {"x": 1}, "s": 2}
    merge_dicts(a, {"a": 9, "b": 2, "n": {"x": 9, "y": 2}, "s": {"z": 1}})
    assert a == {"a": 1, "b": 2, "n": {"x": 1, "y": 2}, "s": 2}


def test_dict_merge_gives_a_new_one_in_which_the_first_wins():
    a, b = {"a": 1, "n": {"x": {"p": 1}}}, {"a": 2, "b": 3, "n": {"x": {"q": 2}, "y": 1}}
    assert dict_merge(a, b) == {"a": 1, "b": 3, "n": {"x": {"p": 1, "q": 2}, "y": 1}}
    assert (a, b) == (
        {"a": 1, "n": {"x": {"p": 1}}},
        {"a": 2, "b": 3, "n": {"x": {"q": 2}, "y": 1}},
    )
    assert dict_merge({"a": {"b": 1}}, {"a": 3}) == {"a": {"b": 1}}
    assert dict_merge({"a": 3}, {"a": {"b": 1}}) == {"a": 3}


@given(objects, objects)
def test_dict_merge_with_itself_or_nothing_changes_nothing(a, b):
    assert dict_merge(a, {}) == a
    assert dict_merge({}, a) == a
    assert dict_merge(a, a) == a
    assert dict_merge(dict_merge(a, b), b) == dict_merge(a, b)


def test_recursive_update_applies_changes_in_place():
    root = {"a": {"b": 1, "c": 2}, "d": 3}
    recursive_update_dict(root, {"a": {"b": 4, "e": {"f": 5}}, "g": 6})
    assert root == {"a": {"b": 4, "c": 2, "e": {"f": 5}}, "d": 3, "g": 6}


def test_recursive_update_deletes_ignored_values():
    root = {"a": {"b": 1, "c": 2}, "d": 3}
    recursive_update_dict(
        root, {"a": {"b": None}, "d": None, "zz": None, "n": {"x": None}}, ignores=(None,)
    )
    assert root == {"a": {"c": 2}, "n": {}}


def test_recursive_update_of_an_object_over_a_scalar_replaces_it():
    root = {"a": 1, "b": [1]}
    recursive_update_dict(root, {"a": {"x": 1}, "b": {"y": 2}})
    assert root == {"a": {"x": 1}, "b": {"y": 2}}


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (["a"], {"a": {"b": 1, "c": 2}}), (["a.b"], {"a": {"b": 1}}), (["a.b",
        "a.c"], {"a": {"b": 1, "c": 2}}),
        (["d.e"], {"d": 3}), (["zz", "zz.y"], {}), (["x.y"], {"x.y": 4}), ([], {}),
        (["a.zz"], {"a": {}}),
    ],
)  # fmt: skip
def test_dict_subset(keys, expected):
    assert dict_subset({"a": {"b": 1, "c": 2}, "d": 3, "x.y": 4}, keys) == expected


def test_find_nested_value_has_a_default():
    assert find_nested_value({"a": {"b": 1}}, "a.b") == 1
    assert find_nested_value({"a": {"b": 1}}, "a.c") is None
    assert find_nested_value({"a": {"b": None}}, "a.b", default=3) is None
    assert find_nested_value({"a.b": {"c": 1}}, "a.b.c", default=3) == 1
    assert find_nested_value({}, "a", 3) == 3


@pytest.mark.parametrize(
    ("value", "expected"), [(" a\t\r\n", "a"), ("\u00a0a", "\u00a0a"), (None, None), (3, 3)]
)
def test_strip_whitespace(value, expected):
    assert strip_whitespace(value) == expected
