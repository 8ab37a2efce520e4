"""Patterns of object ids: one wildcard, everything else literal, in linear time."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinto.core.permission.patterns import ObjectPattern

TEXTS = st.text(alphabet="ab/_%\\.*\n", max_size=8)


def expected(pattern: str, text: str, wildcard: str) -> bool:
    expression = wildcard.join(re.escape(part) for part in pattern.split("*"))
    return re.fullmatch(expression, text, re.DOTALL) is not None


@given(TEXTS, TEXTS)
def test_a_literal_pattern_agrees_with_its_regular_expression(pattern, text):
    assert ObjectPattern.literal(pattern).matches(text) == expected(pattern, text, ".*")


@given(TEXTS, TEXTS)
def test_without_children_a_wildcard_does_not_match_a_slash(pattern, text):
    found = ObjectPattern.literal(pattern).matches(text, with_children=False)
    assert found == expected(pattern, text, "[^/]*")


@given(TEXTS)
def test_an_escaped_text_matches_itself_and_has_no_wildcard(text):
    pattern = ObjectPattern.escaped(re.escape(text))
    assert pattern.is_exact
    assert pattern.prefix == text
    assert pattern.matches(text)


@given(TEXTS)
def test_a_text_escaped_but_for_its_wildcards_is_the_literal_pattern(text):
    escaped = re.escape(text).replace(r"\*", "*")
    assert ObjectPattern.escaped(escaped) == ObjectPattern.literal(text)


def test_a_backslash_at_the_end_is_itself():
    assert ObjectPattern.escaped("a\\").prefix == "a\\"


@pytest.mark.parametrize(
    ("text", "exact", "prefix_only", "prefix"),
    [
        ("/a", True, False, "/a"),
        ("/a/*", False, True, "/a/"),
        ("*", False, True, ""),
        ("/a/*/b", False, False, "/a/"),
        ("/a**", False, False, "/a"),
    ],
)
def test_a_pattern_tells_which_range_to_look_at(text, exact, prefix_only, prefix):
    pattern = ObjectPattern.literal(text)
    assert (pattern.is_exact, pattern.is_prefix, pattern.prefix) == (exact, prefix_only, prefix)


def test_a_pattern_made_to_backtrack_is_answered_at_once():
    started = time.thread_time()
    assert not ObjectPattern.literal("*a" * 200 + "*b").matches("a" * 5000)
    assert time.thread_time() - started < 0.5
