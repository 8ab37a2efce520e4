"""Lists of any length, made from one record that was written through the API."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import Any

import psycopg2
import redis

from kinto.core.storage.redis import names

CHUNK = 10_000
APART = 10
"""Milliseconds between two records."""


def fill(api: Any, parent_id: str, *, size: int) -> None:
    """Make `size` copies of the record `seed` of a collection, each older than the one before."""
    backend = api.registry.settings["storage_backend"].rpartition(".")[2]
    {"postgresql": _postgresql, "sqlite": _sqlite, "redis": _redis}[backend](
        api.registry.settings["storage_url"], parent_id, size
    )


_COPY = """
INSERT INTO objects ({columns}, id, last_modified{extra})
SELECT {columns}, 'r' || n, seed.last_modified - {apart} * n{values}
  FROM objects AS seed, {numbers}
 WHERE seed.parent_id = '{parent}' AND seed.resource_name = 'record' AND seed.id = 'seed'
"""


def _postgresql(url: str, parent: str, size: int) -> None:
    sql = _COPY.format(
        columns="bucket, parent_id, resource_name, created, deleted",
        extra=", data, body",
        values=", seed.data || jsonb_build_object('n', n),"
        " replace(seed.body, '\"n\":0', '\"n\":' || n)",
        numbers=f"generate_series(1, {size}) AS n",
        apart=APART,
        parent=parent,
    )
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql)
            # What the server does by itself within a minute.
            cursor.execute("VACUUM ANALYZE objects")


def _sqlite(url: str, parent: str, size: int) -> None:
    sql = _COPY.format(
        columns="parent_id, resource_name, created, deleted",
        extra=", data",
        values=", replace(seed.data, '\"n\":0', '\"n\":' || n)",
        numbers="numbers",
        apart=APART,
        parent=parent,
    )
    numbers = (
        f"WITH RECURSIVE numbers(n) AS (VALUES(1) UNION ALL SELECT n + 1 FROM numbers LIMIT {size})"
    )
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        connection.execute(numbers + sql)
        connection.commit()


def _redis(url: str, parent: str, size: int) -> None:
    key = ("record", parent)
    rows, times = names.rows(key, dead=False), names.times(key, dead=False)
    with redis.Redis.from_url(url, decode_responses=True) as client:
        modified, created, data = client.hget(rows, "seed").split(" ", 2)
        for start in range(1, size + 1, CHUNK):
            texts, members = {}, {}
            for n in range(start, min(start + CHUNK, size + 1)):
                text = json.dumps({**json.loads(data), "id": f"r{n}", "n": n,
                                   "last_modified": int(modified) - APART * n})  # fmt: skip
                texts[f"r{n}"] = f"{int(modified) - APART * n} {created} {text}"
                members[names.time_member(int(modified) - APART * n, f"r{n}")] = 0
            with client.pipeline(transaction=False) as pipeline:
                pipeline.hset(rows, mapping=texts)
                pipeline.zadd(times, members)
                pipeline.execute()
