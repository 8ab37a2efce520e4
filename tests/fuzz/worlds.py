"""The world that fuzzed requests are sent into, and the effort of the search.

`FUZZ_EXAMPLES` sets how many requests each property tries. What a search finds becomes a line of
`test_seeds.py`, so that it is tried for ever.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hypothesis import HealthCheck, settings

from tests.http.conftest import RECORDS, fill
from tests.http.pair import Pair

effort = settings(
    deadline=None,
    database=None,
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "40")),
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)

KEPT = "/buckets/kept"
VALUES: list[Any] = [
    None, "", "a", "A%_\\", "é", "\U0001f600", 0, 1, 1.5, -(2**63), 2**64, 10**30, True, False,
    [], [1, "a", None], [[1], {"a": 1}], {}, {"y": {"z": 1}}, {"y.z": 2},
]  # fmt: skip


@contextmanager
def world(pair: Pair, *, values: int = 3) -> Iterator[Any]:
    """Alice's bucket `b` with records of the first `VALUES`, and a bucket that must be kept.

    Gives `pair.send`; at the end the kept bucket must be as it was.
    """
    with pair.frozen():
        fill(pair.send)
        for number, value in enumerate(VALUES[:values]):
            pair.send("PUT", f"{RECORDS}/v{number}", user="alice", json={"data": {"x": value}})
        pair.send("PUT", KEPT, user="carol")
        pair.send("PUT", f"{KEPT}/collections/c", user="carol")
        pair.send("PUT", f"{KEPT}/collections/c/records/r", user="carol", json={"data": {"x": 1}})
        before = kept(pair)
        yield pair.send
        assert kept(pair) == before, "something was lost"


def kept(pair: Pair) -> Any:
    """Everything about the kept bucket."""
    urls = (KEPT, f"{KEPT}/collections", f"{KEPT}/collections/c/records?_since=0", f"{KEPT}/groups")
    answers = [pair.send("GET", url, user="carol") for url in urls]
    return [(answer.status, answer.body, answer.etag) for answer in answers]
