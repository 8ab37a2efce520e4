"""The decision table of If-Match and If-None-Match."""

from __future__ import annotations

import pytest

from kinto.core.protocol.preconditions import Decision, decide

GO, SAME, NO = Decision.PROCEED, Decision.NOT_MODIFIED, Decision.FAILED
READS, WRITES = ("GET", "HEAD"), ("PUT", "PATCH", "DELETE", "POST")

# methods, header, value, whether the target exists, decision; the current timestamp is 5.
TABLE = [
    (READS, "if_none_match", 5, True, SAME), (WRITES, "if_none_match", 5, True, GO),
    (READS + WRITES, "if_none_match", 4, True, GO), (READS + WRITES, "if_none_match", 6, True, GO),
    (READS + WRITES, "if_none_match", "*", True, NO), (WRITES, "if_none_match", "*", False, GO),
    (WRITES, "if_none_match", 5, False, GO),
    (READS + WRITES, "if_match", 5, True, GO), (READS + WRITES, "if_match", 4, True, NO),
    (READS + WRITES, "if_match", 6, True, NO), (READS + WRITES, "if_match", "*", True, GO),
    (WRITES, "if_match", "*", False, NO), (WRITES, "if_match", 5, False, NO),
    (WRITES, "if_match", 4, False, NO),
    (READS + WRITES, "if_match", None, True, GO), (WRITES, "if_match", None, False, GO),
]  # fmt: skip


@pytest.mark.parametrize(("methods", "header", "value", "exists", "decision"), TABLE)
def test_the_published_table(methods, header, value, exists, decision):
    for method in methods:
        assert decide(method, exists=exists, current=5, **{header: value}) is decision


def test_not_modified_wins_over_a_failed_match():
    assert decide("GET", exists=True, current=5, if_none_match=5, if_match=4) is SAME
    assert decide("PUT", exists=True, current=5, if_none_match=5, if_match=4) is NO


def test_a_zero_timestamp_is_a_version_like_another():
    assert decide("GET", exists=True, current=0, if_none_match=0) is SAME
    assert decide("PUT", exists=True, current=0, if_match=0) is GO
