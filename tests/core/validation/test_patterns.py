"""Patterns of users: bounded when compiled, bounded when matched."""

from __future__ import annotations

import pytest

from kinto.core.validation import patterns
from kinto.core.validation.budget import TooMuchWork, limited_work, spend


@pytest.mark.parametrize(
    ("pattern", "weight"),
    [
        ("abc", 3),
        ("a{10}", 10),
        ("(a{10}){10}", 110),
        (r"\d{2,4}", 4),
        ("[a-z{9}]{3}", 3),
        ("a{3}{4}", 12),
        ("(ab|c)+", 6),
        ("(a{9})+{9}", 91),
        ("{5}", 0),
        ("a{x}", 4),
        (r"\({3}", 3),
    ],
)
def test_the_weight_counts_repetitions_written_out(pattern, weight):
    assert patterns.weight(pattern) == weight


@pytest.mark.parametrize(
    "pattern",
    [
        "[",
        "(" * 2000,
        "((((((((a{10}){10}){10}){10}){10}){10}){10}){10})",
        "a{999999}",
        "a" * 5000,
        "(?<=a",
        "(?#[)((a{1000}){1000}){1000}]",
        "(?x)(a{1000}#)\n(b)\n){1000}",
        "(?V1)[[a](b]",
        "((a{1000}[[:alpha:](]){1000}[[:alpha:])]){1000}",
    ],
)
def test_what_cannot_be_compiled_safely_is_no_pattern(pattern):
    with pytest.raises(ValueError):
        patterns.compiled(pattern)


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("^a", "abc", True),
        ("^b", "abc", False),
        ("b", "abc", True),
        (r"^(?!x)\w+$", "yes", True),
        (r"(a)\1", "aa", True),
        (r"^[a-z]{1,64}(\.[a-z]{1,64}){0,10}$", "a.b.c", True),
    ],
)
def test_patterns_match_anywhere(pattern, text, found):
    assert patterns.search(pattern, text) is found


def test_a_search_gives_up():
    with pytest.raises(TooMuchWork):
        patterns.search("^(a|a)*$", "a" * 40 + "b")


def test_nested_blocks_share_one_budget():
    with limited_work(0), limited_work(100), pytest.raises(TooMuchWork):
        spend()


def test_the_budget_ends_with_its_block():
    with limited_work(0):
        pass
    assert spend() > 0
