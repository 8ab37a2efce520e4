"""The stores of the floor: a dict, SQLite and PostgreSQL, each with one statement a question.

Commits are as durable as ours: WAL with `synchronous=FULL`, PostgreSQL as it comes.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Sequence
from typing import Any

import orjson
import psycopg2

from benchmarks.scenarios import LARGE, WRITTEN, object_id, record

_clock = threading.Lock()
_last = 0


def tick() -> int:
    """A millisecond that nobody had before."""
    global _last
    with _clock:
        _last = max(_last + 1, int(time.time() * 1000))
        return _last


def text_of(key: str, data: dict[str, Any], modified: int) -> bytes:
    return orjson.dumps({**data, "id": key.partition("/")[2], "last_modified": modified})


def prepared() -> list[tuple[str, str, int, bytes]]:
    """The rows of all stores at the start: collection, key, timestamp, text."""
    rows = []
    for collection, count in (("large", LARGE), ("writes", WRITTEN)):
        for number in range(count):
            key, modified = f"{collection}/{object_id(number)}", tick()
            rows.append((collection, key, modified, text_of(key, record(number), modified)))
    return rows


class Memory:
    """A dict of texts, and the order of time."""

    def __init__(self) -> None:
        rows = prepared()
        self._texts = {row[1]: row[3] for row in rows}
        self._large = [(orjson.loads(row[3]), row[3]) for row in rows if row[0] == "large"]
        self._newest = [text for _, text in reversed(self._large)]

    def get(self, key: str) -> bytes:
        return self._texts[key]

    def put(self, key: str, data: dict[str, Any]) -> bytes:
        self._texts[key] = text = text_of(key, data, tick())
        return text

    def newest(self, count: int | None) -> Sequence[bytes]:
        return self._newest[:count]

    def filtered(self) -> Sequence[bytes]:
        found = [
            (data["title"], text)
            for data, text in self._large
            if data["colour"] == "green" and data["rank"] >= 5000
        ]
        found.sort(reverse=True)
        return [text for _, text in found[:25]]

    def timestamp(self) -> int:
        return _last


class SQLite:
    """A file; each thread has a connection, which keeps its statements."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._local = threading.local()
        connection = self._connection()
        connection.executescript(
            "PRAGMA journal_mode = WAL;"
            "CREATE TABLE objects (list TEXT, key TEXT PRIMARY KEY, modified INTEGER, data TEXT)"
            " WITHOUT ROWID; CREATE INDEX by_time ON objects (list, modified)"
        )
        rows = [(*row[:3], row[3].decode()) for row in prepared()]
        connection.executemany("INSERT INTO objects VALUES (?, ?, ?, ?)", rows)
        connection.commit()

    def _connection(self) -> sqlite3.Connection:
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is None:
            found = self._local.connection = sqlite3.connect(
                self._path, isolation_level=None, timeout=30
            )
            found.execute("PRAGMA synchronous = FULL")
            found.execute("PRAGMA cache_size = -16000")
        return found

    def _texts(self, sql: str, *values: Any) -> list[bytes]:
        return [row[0].encode() for row in self._connection().execute(sql, values)]

    def get(self, key: str) -> bytes:
        return self._texts("SELECT data FROM objects WHERE key = ?", key)[0]

    def put(self, key: str, data: dict[str, Any]) -> bytes:
        modified = tick()
        text = text_of(key, data, modified)
        self._connection().execute(
            "INSERT INTO objects VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE"
            " SET modified = excluded.modified, data = excluded.data",
            (key.partition("/")[0], key, modified, text.decode()),
        )
        return text

    def newest(self, count: int | None) -> Sequence[bytes]:
        sql = "SELECT data FROM objects WHERE list = 'large' ORDER BY modified DESC LIMIT ?"
        return self._texts(sql, -1 if count is None else count)

    def filtered(self) -> Sequence[bytes]:
        return self._texts(
            "SELECT data FROM objects WHERE list = 'large' AND data ->> 'colour' = ?"
            " AND data ->> 'rank' >= ? ORDER BY data ->> 'title' DESC LIMIT 25",
            "green", 5000,
        )  # fmt: skip

    def timestamp(self) -> int:
        sql = "SELECT max(modified) FROM objects WHERE list = 'large'"
        return int(self._connection().execute(sql).fetchone()[0])


class PostgreSQL:
    """A database; each thread has a connection, whose statements are prepared once."""

    _PREPARED = """
        PREPARE one (text) AS SELECT body FROM floor WHERE key = $1;
        PREPARE put (text, text, bigint, text) AS
            INSERT INTO floor VALUES ($1, $2, $3, $4::jsonb, $4)
            ON CONFLICT (key) DO UPDATE SET modified = excluded.modified, data = excluded.data,
            body = excluded.body;
        PREPARE newest (bigint) AS SELECT body FROM floor WHERE list = 'large'
            ORDER BY modified DESC LIMIT $1;
        PREPARE filtered (text, int) AS SELECT body FROM floor WHERE list = 'large'
            AND data ->> 'colour' = $1 AND (data ->> 'rank')::int >= $2
            ORDER BY data ->> 'title' DESC LIMIT 25;
        PREPARE latest AS SELECT max(modified) FROM floor WHERE list = 'large'
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._local = threading.local()
        with psycopg2.connect(url) as connection, connection.cursor() as cursor:
            cursor.execute(
                "CREATE TABLE floor (list text, key text PRIMARY KEY, modified bigint, data jsonb,"
                " body text); CREATE INDEX floor_by_time ON floor (list, modified)"
            )
            rows = [(*row[:3], row[3].decode(), row[3].decode()) for row in prepared()]
            cursor.executemany("INSERT INTO floor VALUES (%s, %s, %s, %s, %s)", rows)
            cursor.execute("ANALYZE floor")

    def _rows(self, sql: str, *values: Any) -> list[Any]:
        cursor = getattr(self._local, "cursor", None)
        if cursor is None:
            connection = psycopg2.connect(self._url)
            connection.autocommit = True
            cursor = self._local.cursor = connection.cursor()
            cursor.execute(self._PREPARED)
        cursor.execute(sql, values)
        return list(cursor.fetchall()) if cursor.description else []

    def _texts(self, sql: str, *values: Any) -> list[bytes]:
        return [row[0].encode() for row in self._rows(sql, *values)]

    def get(self, key: str) -> bytes:
        return self._texts("EXECUTE one (%s)", key)[0]

    def put(self, key: str, data: dict[str, Any]) -> bytes:
        modified = tick()
        text = text_of(key, data, modified)
        collection = key.partition("/")[0]
        self._rows("EXECUTE put (%s, %s, %s, %s)", collection, key, modified, text.decode())
        return text

    def newest(self, count: int | None) -> Sequence[bytes]:
        return self._texts("EXECUTE newest (%s)", count)

    def filtered(self) -> Sequence[bytes]:
        return self._texts("EXECUTE filtered (%s, %s)", "green", 5000)

    def timestamp(self) -> int:
        return int(self._rows("EXECUTE latest")[0][0])


STORES: dict[str, Any] = {"memory": Memory, "sqlite": SQLite, "postgresql": PostgreSQL}
