"""The caps and the words are what other layers build on."""

from __future__ import annotations

import dataclasses

import pytest

from kinto.core.protocol.limits import LIMITS
from kinto.core.protocol.terms import COMPARISON, Filter, Sort


def test_caps_are_positive_and_cannot_be_changed():
    assert all(getattr(LIMITS, field.name) > 0 for field in dataclasses.fields(LIMITS))
    with pytest.raises(dataclasses.FrozenInstanceError):
        LIMITS.filters = 10**6


def test_comparisons_keep_the_published_order_and_values():
    assert [(item.name, item.value) for item in COMPARISON] == [
        ("LT", "<"), ("MIN", ">="), ("MAX", "<="), ("NOT", "!="), ("EQ", "=="), ("GT", ">"),
        ("IN", "in"), ("EXCLUDE", "exclude"), ("LIKE", "like"), ("HAS", "has"),
        ("CONTAINS_ANY", "contains_any"), ("CONTAINS", "contains"),
    ]  # fmt: skip


def test_filters_and_sorts_are_tuples_with_names():
    assert Filter("a", 1, COMPARISON.EQ) == ("a", 1, COMPARISON.EQ)
    assert Filter._fields == ("field", "value", "operator")
    assert Sort._fields == ("field", "direction")
