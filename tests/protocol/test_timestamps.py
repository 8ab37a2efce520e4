"""Timestamps of writes, proposals of clients, and their text in headers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinto.core.protocol.limits import DAY_MS
from kinto.core.protocol.timestamps import (
    LARGEST,
    SMALLEST,
    etag,
    is_acceptable,
    is_timestamp,
    next_timestamp,
    parse_precondition,
    proposal,
)

moments = st.integers(-(10**6), 10**13)


@pytest.mark.parametrize(
    ("previous", "now", "wanted", "expected"),
    [
        (10, 20, None, (20, 20)), (20, 10, None, (21, 21)), (20, 20, None, (21, 21)),
        (10, -1, None, (11, 11)), (10, 20, 10, (20, 20)), (10, 5, 10, (11, 11)),
        (10, 20, 30, (30, 30)), (10, 5, 11, (11, 11)), (10, 20, 5, (5, 10)), (10, 20, -5, (-5, 10)),
        (1, 20, True, (20, 20)), (1, 20, False, (20, 20)),
    ],
)  # fmt: skip
def test_the_table_of_the_storage_contract(previous, now, wanted, expected):
    assert next_timestamp(previous, now, wanted) == expected


@given(moments, moments, st.none() | moments)
def test_a_list_never_goes_back_and_what_the_server_assigns_is_new(previous, now, wanted):
    given_ts, list_ts = next_timestamp(previous, now, wanted)
    assert list_ts >= previous
    assert given_ts <= list_ts
    if wanted is None:
        assert given_ts > previous


@pytest.mark.parametrize(
    ("value", "current", "expected"),
    [
        (5, None, 5), (5, 4, 5), (5, 5, None), (5, 6, None), (0, None, 0), (-5, None, -5),
        (True, None, None), ("5", None, None), (5.0, None, None), (None, None, None),
        ([5], None, None),
    ],
)  # fmt: skip
def test_only_a_newer_integer_is_a_proposal(value, current, expected):
    assert proposal(value, current=current) == expected


def test_a_proposal_is_less_than_a_day_ahead():
    now = 10**12
    assert is_acceptable(now + DAY_MS - 1, now=now)
    assert not is_acceptable(now + DAY_MS, now=now)
    assert is_acceptable(-5, now=now)
    assert not is_acceptable(SMALLEST - 1, now=now)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, True), (LARGEST, True), (LARGEST + 1, False), (True, False), ("1", False), (1.0, False)],
)
def test_a_timestamp_fits_a_column(value, expected):
    assert is_timestamp(value) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("*", "*"),
        ('"1"', 1),
        ('"0"', 0),
        ('"007"', 7),
        ('"1436434441550"', 1436434441550),
    ],
)
def test_precondition_headers_are_read(text, expected):
    assert parse_precondition(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        'W/"1"',
        '"1", "2"',
        '"*"',
        "'1'",
        "1",
        '""',
        '"-1"',
        '"1.5"',
        "* x",
        '"1"\n',
        ' "1"',
        '"١"',
        "abc",
    ],
)
def test_other_precondition_headers_are_refused(text):
    with pytest.raises(ValueError, match=r"The value should be integer between double quotes\."):
        parse_precondition(text)


def test_a_huge_integer_is_a_precondition_that_equals_no_version():
    assert parse_precondition('"' + "9" * 10_000 + '"') == LARGEST + 1


@given(st.integers(0, LARGEST))
def test_an_etag_reads_back(timestamp):
    assert parse_precondition(etag(timestamp)) == timestamp
