"""The order and the equality of JSON values."""

from __future__ import annotations

import copy
import pickle
from itertools import pairwise

import pytest
from hypothesis import given

from kinto.core.protocol.terms import MISSING, Missing
from kinto.core.protocol.values import clone, equal, equality_key, json_text, kind_of, order_key
from tests.protocol.json_values import small_values, values

ASCENDING = [
    None, "", "B", "Z", "a", "é", "\U0001f600", -(2**70), -1, 0, 0.5, 1, 1.5, 2**53, 2**53 + 1,
    2**63 - 1, 2**63, 2**70, False, True, [], [2], [True], [[]], [1, 1], {}, {"a": 2}, {"b": 1},
    {"a": 1, "b": 1}, MISSING,
]  # fmt: skip


@pytest.mark.parametrize(("lower", "higher"), [*pairwise(ASCENDING)])
def test_values_of_the_published_order_compare_in_that_order(lower, higher):
    assert order_key(lower) < order_key(higher)
    assert not equal(lower, higher)


@given(values, values, values)
def test_the_order_is_total_and_transitive(a, b, c):
    ka, kb, kc = order_key(a), order_key(b), order_key(c)
    assert (ka < kb) + (ka == kb) + (kb < ka) == 1
    if ka <= kb <= kc:
        assert ka <= kc


@given(small_values, small_values)
def test_values_are_equal_exactly_when_they_have_the_same_place_in_the_order(a, b):
    assert equal(a, b) == (order_key(a) == order_key(b)) == (equality_key(a) == equality_key(b))


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (1, 1.0, True), (1, True, False), (0, False, False), (1, "1", False), ([1], [1.0], True),
        ([1], [True], False), ({"a": 1}, {"a": 1.0}, True), ({"a": 1}, {"a": True}, False),
        ({"a": 1}, {"b": 1}, False), ([1, 2], [2, 1], False), ((1, 2), [1, 2], True),
        (None, False, False), (None, MISSING, False), (MISSING, MISSING, True), ("", None, False),
        (2**70, 2**70 + 1, False), ({}, [], False),
    ],
)  # fmt: skip
def test_equality_distinguishes_types_but_not_notations(left, right, same):
    assert equal(left, right) is same
    assert equal(right, left) is same
    assert (equality_key(left) == equality_key(right)) is same


def test_integers_beyond_64_bits_order_as_doubles():
    assert order_key(2**70) == order_key(2**70 + 1)
    assert order_key(10**400) == order_key(10**500) > order_key(1e308)
    assert order_key(-(10**400)) < order_key(-1e308)


@pytest.mark.parametrize("value", [b"x", {1, 2}, object()])
def test_what_is_no_json_has_no_place_in_the_order(value):
    with pytest.raises(TypeError):
        order_key(value)
    with pytest.raises(TypeError):
        kind_of(value)


def test_subclasses_of_scalars_order_as_their_value():
    class Text(str):
        __slots__ = ()

    class Number(int):
        pass

    assert order_key(Text("a")) == order_key("a")
    assert order_key(Number(3)) == order_key(3)


def test_there_is_one_missing_value_however_it_is_copied():
    assert Missing() is MISSING
    assert copy.copy(MISSING) is MISSING
    assert copy.deepcopy({"a": MISSING})["a"] is MISSING
    assert pickle.loads(pickle.dumps(MISSING)) is MISSING
    assert repr(MISSING) == "<MISSING>"


@given(values)
def test_a_clone_is_equal_and_shares_no_container(value):
    copied = clone(value)
    assert equal(value, copied)
    if isinstance(value, (dict, list)):
        assert copied is not value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("é", "é"),
        (1, "1"),
        (1.0, "1.0"),
        (True, "true"),
        ([1, "é"], '[1,"é"]'),
        ({"a": 1}, '{"a":1}'),
    ],
)
def test_like_compares_with_compact_json_text(value, text):
    assert json_text(value) == text
