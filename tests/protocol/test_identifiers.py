"""Ids, object URIs and parent patterns."""

from __future__ import annotations

import fnmatch
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinto.core.protocol.identifiers import (
    ParentPattern,
    ancestors,
    is_valid_id,
    list_uri,
    object_uri,
    parent_object,
    prefix_bounds,
)

ids = st.from_regex(r"[a-zA-Z0-9][a-zA-Z0-9_-]{0,5}", fullmatch=True)
uris = st.lists(st.tuples(st.sampled_from(["bucket", "collection", "group"]), ids), max_size=4).map(
    lambda steps: "".join(f"/{name}s/{object_id}" for name, object_id in steps)
)


@pytest.mark.parametrize("value", ["a", "0", "A-b_c", "a" * 1024, "default"])
def test_ids_of_the_alphabet_are_valid(value):
    assert is_valid_id(value)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "r9\n",
        "-a",
        "_a",
        "a/b",
        "a b",
        "é",
        "a.b",
        "a*",
        "a%",
        "a\0",
        "a" * 1025,
        1,
        None,
        ["a"],
        "١",
    ],
)
def test_other_values_are_no_ids(value):
    assert not is_valid_id(value)


@given(uris, st.sampled_from(["bucket", "record"]), ids)
def test_what_is_built_is_taken_apart(parent_id, resource_name, object_id):
    uri = object_uri(resource_name, parent_id=parent_id, object_id=object_id)
    assert parent_object(uri) == (resource_name, parent_id, object_id)
    above = [parent_id[: m.start()] for m in re.finditer(r"/[^/]+/[^/]+", parent_id)][1:]
    expected = [parent_id, *reversed(above)] if parent_id else []
    assert list(ancestors(uri)) == expected
    assert list(ancestors(list_uri("thing", parent_id=uri)))[:1] == [uri]


@pytest.mark.parametrize(
    "text",
    ["", "/", "mat", "/buckets", "/buckets/", "/buckets/b/", "//buckets/b", "/buckets/*", "/s/b",
     "/bucket/b", "/x/buckets/b", "buckets/b", "/buckets/b/collections"],
)  # fmt: skip
def test_other_texts_are_the_uri_of_no_object(text):
    assert parent_object(text) is None


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("/buckets/b/collections/c/records/r", ["/buckets/b/collections/c", "/buckets/b"]),
        ("/buckets/b/collections/c/records", ["/buckets/b/collections/c", "/buckets/b"]),
        ("/buckets/b", []), ("/buckets", []), ("", []), ("/", []), ("mat", []),
    ],
)  # fmt: skip
def test_ancestors_come_nearest_first(uri, expected):
    assert list(ancestors(uri)) == expected


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("ab*", "abc", True), ("ab*", "xabcx", False), ("/buckets/a", "/buckets/ab", False),
        ("/buckets/a/*", "/buckets/a", False), ("/buckets/a/*", "/buckets/a/x", True),
        ("/buckets/a_b/*", "/buckets/axb/c", False), ("*", "", True), ("", "", True), ("",
        "a", False),
        ("*/b", "/a/b", True), ("*/b", "/a/bc", False), ("a%", "ab", False), ("a?", "ab", False),
        ("a[b]", "ab", False), ("Rémy*", "Rémy1", True),
    ],
)  # fmt: skip
def test_only_the_star_is_special_and_the_match_is_whole(pattern, text, matches):
    assert ParentPattern.compile(pattern).matches(text) is matches


@pytest.mark.parametrize(
    ("text", "exact", "prefix", "literal"),
    [
        ("/buckets/a", True, False, "/buckets/a"), ("/buckets/a/*", False, True, "/buckets/a/"),
        ("a**", False, True, "a"), ("*", False, True, ""), ("a*b", False, False, "a"),
        ("", True, False, ""),
    ],
)  # fmt: skip
def test_patterns_tell_how_they_can_be_looked_up(text, exact, prefix, literal):
    pattern = ParentPattern.compile(text)
    assert (pattern.is_exact, pattern.is_prefix, pattern.prefix) == (exact, prefix, literal)


texts = st.text(alphabet="ab_%\u00e9\ud7ff\ue000\U0010ffff", max_size=5)


@given(texts, texts)
def test_the_range_of_a_prefix_holds_exactly_what_begins_with_it(prefix, text):
    low, high = prefix_bounds(prefix)
    in_range = low <= text and (high is None or text < high)
    # All the way up there is no bound: what lies above must still be looked at.
    assert in_range == text.startswith(prefix) or (high is None and not text.startswith(prefix))
    as_bytes = low.encode() <= text.encode() and (high is None or text.encode() < high.encode())
    assert as_bytes == in_range


@given(st.text(alphabet="ab*", max_size=6), st.text(alphabet="ab", max_size=8))
def test_every_match_is_in_the_range_of_the_literal_prefix(pattern, text):
    compiled = ParentPattern.compile(pattern)
    assert compiled.matches(text) == fnmatch.fnmatchcase(text, pattern)
    if compiled.matches(text):
        low, high = compiled.bounds()
        assert low <= text and (high is None or text < high)
