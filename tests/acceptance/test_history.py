"""History with 10^5 entries and trimming: what a write costs, and restoring what was."""

from __future__ import annotations

import itertools
import statistics
import time

import pytest

from kinto.core.runtime import randomness, units
from tests import databases
from tests.factories import build_api, credentials

ENTRIES = 100_000
WRITES = 200
ROUNDS = 9
B = "/buckets/b"
C = f"{B}/collections/c"
ANN = credentials("ann")


@pytest.fixture(params=["sqlite", "postgresql"])
def pair(request, tmp_path):
    """An application without history, and one that keeps 10^5 entries and has them."""
    apps = []
    for name, settings in {
        "plain": {},
        "recorded": {
            "includes": "kinto.plugins.history",
            "history.auto_trim_max_count": str(ENTRIES),
            "history.auto_trim_threshold": "100",
        },
    }.items():
        folder = tmp_path / name
        folder.mkdir()
        if request.param == "postgresql":
            url = databases.database_url()
            settings |= {f"{kind}_url": url for kind in ("storage", "permission", "cache")}
        apps.append(build_api(request.param, folder, **settings))
    return request.param, *apps


def test_a_write_with_history_costs_little_more_and_the_past_can_be_restored(pair, report):
    backend, plain, recorded = pair
    for app in (plain, recorded):
        app.put_json(B, headers=ANN)
        app.put_json(C, headers=ANN)
    _fill(recorded)
    numbers = itertools.count()
    _write(recorded, numbers)  # counts the entries, once
    ratios = []
    slowest = 0.0
    for _ in range(ROUNDS):
        without, _ = _write(plain, numbers)
        having, worst = _write(recorded, numbers)
        ratios.append(having / without)
        slowest = max(slowest, worst)
    ratio = statistics.median(ratios)
    left = recorded.registry.storage.count_all("history", B)
    report(
        f"history, {backend}: a write costs {ratio:.2f} times one without ({min(ratios):.2f} to "
        f"{max(ratios):.2f}), the slowest took {slowest * 1000:.0f} ms, {left} entries kept"
    )
    assert ratio <= 1.5
    assert ENTRIES <= left <= ENTRIES + 200
    before, moment = _records(recorded)
    _write(recorded, numbers)
    recorded.delete(f"{C}/records?_limit=20", headers=ANN)
    started = time.monotonic()
    told = recorded.post(f"{B}/restore/collections/c@{moment}", headers=ANN).json["data"]
    report(f"history, {backend}: restored in {time.monotonic() - started:.1f} s, {told}")
    assert told["unknown"] == []
    assert _records(recorded)[0] == before


def _fill(app):
    """As many entries as 10^5 writes of records would leave."""
    storage = app.registry.storage
    for start in range(0, ENTRIES, 1000):
        with units.unit_of_work():
            storage.lock_parent("history", B)
            for number in range(start, start + 1000):
                record = {"id": f"r{number % 1000}", "last_modified": number + 1, "n": number}
                storage.create(
                    "history",
                    B,
                    {
                        "id": randomness.new_uuid(),
                        "action": "update",
                        "collection_id": "old",
                        "date": "2026-11-23T09:22:55.826652+00:00",
                        "record_id": record["id"],
                        "resource_name": "record",
                        "target": {"data": record, "permissions": {"write": ["basicauth:ann"]}},
                        "uri": f"{B}/collections/old/records/{record['id']}",
                        "user_id": "basicauth:ann",
                    },
                )


def _write(app, numbers):
    """Seconds of `WRITES` writes, one after another, and of the slowest one.

    Of the processor, where the database is in this process: other work does not count then.
    """
    is_here = "sqlite" in app.registry.settings["storage_backend"]
    read = time.process_time if is_here else time.monotonic
    worst = 0.0
    began = read()
    for number in range(WRITES):
        started = time.monotonic()
        data = {"n": next(numbers), "title": "a title", "tags": ["a", "b"]}
        app.put_json(f"{C}/records/r{number % 50}", {"data": data}, headers=ANN)
        worst = max(worst, time.monotonic() - started)
    return read() - began, worst


def _records(app):
    """The records without their timestamps, and the time of the list."""
    resp = app.get(f"{C}/records", headers=ANN)
    records = {
        one["id"]: {k: v for k, v in one.items() if k != "last_modified"}
        for one in resp.json["data"]
    }
    return records, int(resp.headers["ETag"].strip('"'))
