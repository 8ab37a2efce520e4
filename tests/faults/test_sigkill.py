"""What the server acknowledged survives `kill -9`: twenty times at random, on `kinto start --data`,
and some more times over PostgreSQL and Redis, where others wait for what the killed one held.

After each restart every acknowledged write is there exactly as it was acknowledged, a poll from
the timestamp known before shows all of them, and time has not gone back.
"""

import os
import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.faults.calls import Caller, calling
from tests.faults.ledger import Ledger, Writer, visible
from tests.servers import Server, configured, embedded

SCALE = int(os.environ.get("FAULTS_SCALE", "1"))
KILLS = {"embedded": 20, "postgresql": 3 * SCALE, "redis": 2 * SCALE}
WRITERS = 3
RECORDS = "/buckets/b/collections/c/records"


@pytest.fixture(params=list(KILLS))
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """`kinto start --data`, as a newcomer runs it, or with an ini; ended whatever happens."""
    if request.param == "embedded":
        each = embedded(tmp_path / "data")
    else:
        each = configured(backend=request.param, data=tmp_path)
        each.migrate()
    try:
        yield each
    finally:
        each.kill()


def test_every_acknowledged_write_survives_many_kills(
    server: Server, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    kills = KILLS[request.node.callspec.params["server"]]
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    ledger = Ledger(tmp_path / "ledger")
    server.start()
    with calling(server.url) as call:
        call.must("PUT", "/buckets/b")
        call.must("PUT", "/buckets/b/collections/c")
        since = call.must("GET", RECORDS).etag
    for kill in range(kills):
        work_and_kill(server, ledger, seconds=chance.uniform(0.05, 0.5), round_=kill)
        server.start()
        with calling(server.url) as call:
            try:
                since = check(call, ledger, since=since)
            except AssertionError as error:
                raise AssertionError(f"after kill {kill} (seed {seed}): {error}") from error
    assert ledger.acknowledged > kills, "the writers had no time to write"
    assert len(ledger.path.read_text().splitlines()) == ledger.acknowledged


def work_and_kill(server: Server, ledger: Ledger, *, seconds: float, round_: int) -> None:
    """Let the writers write for `seconds`, then end the server in the middle of it."""
    writers = [
        Writer(server.url, RECORDS, ledger, name=f"w{number}", seed=round_)
        for number in range(WRITERS)
    ]
    with ThreadPoolExecutor(max_workers=WRITERS) as pool:
        running = [pool.submit(writer.run) for writer in writers]
        time.sleep(seconds)
        server.kill()
    for each in running:
        each.result()


def check(call: Caller, ledger: Ledger, *, since: int) -> int:
    """Compare the store with the ledger; the list's timestamp now, for the next round."""
    answer = call.must("GET", RECORDS)
    stored = {each["id"]: each for each in answer.data}
    polled = {each["id"]: each for each in call.must("GET", f"{RECORDS}?_since={since}").data}
    outcomes: dict[str, set[bool]] = {}
    for id_, entry in ledger.entries.items():
        found = visible(stored[id_]) if id_ in stored else None
        if entry.unanswered is not None:
            outcomes.setdefault(entry.unanswered, set()).add(found == entry.wanted)
            assert found in (entry.acknowledged, entry.wanted), f"{id_}: {found} is neither state"
            seen = stored.get(id_) or polled.get(id_) or {}
            ledger.settle(id_, found, seen.get("last_modified", entry.timestamp))
            continue
        assert found == entry.acknowledged, f"{id_}: {found}, acknowledged {entry.acknowledged}"
        if found is not None:
            assert stored[id_]["last_modified"] == entry.timestamp, id_
        if entry.timestamp > since:
            assert polled[id_]["last_modified"] == entry.timestamp, f"{id_} is not polled"
        assert answer.etag >= entry.timestamp, f"time went back before {id_}"
        direct = call("GET", f"{RECORDS}/{id_}")
        assert direct.status == (404 if found is None else 200)
    assert set(stored) <= set(ledger.entries)
    torn = [request for request, outcome in outcomes.items() if len(outcome) > 1]
    assert not torn, f"half of a batch survived: {torn}"
    return answer.etag
