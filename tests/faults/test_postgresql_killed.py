"""PostgreSQL ended by SIGKILL ten times while clients write: nothing acknowledged is lost.

Meanwhile Kinto answers 503 with `Retry-After`, never 500, and works again without a restart as
soon as the database does.
"""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import psycopg2
import pytest

from tests import databases
from tests.faults.calls import Caller, calling
from tests.servers import Server, configured

KILLS = 10
WRITERS = 4
RECORDS = "/buckets/b/collections/c/records"
RECOVERY_SECONDS = 20


class Writer:
    """Puts rising numbers in one record; what was answered, and what is unknown."""

    def __init__(self, name: str) -> None:
        self.path = f"{RECORDS}/{name}"
        self.acknowledged = 0
        self.last_tried = 0
        self.statuses: dict[int, int] = {}
        self.unexplained: list[object] = []

    def run(self, call: Caller, ended: threading.Event) -> None:
        while not ended.is_set():
            self.last_tried += 1
            answer = call("PUT", self.path, {"data": {"n": self.last_tried}})
            self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1
            if answer.status in (200, 201):
                self.acknowledged = self.last_tried
            else:
                if answer.status != 503 or "retry-after" not in answer.headers:
                    self.unexplained.append(answer)
                time.sleep(0.01)


@pytest.fixture
def database():
    with databases.own_server() as server:
        connection = psycopg2.connect(server.url())
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("CREATE DATABASE kinto")
        connection.close()
        yield server


@pytest.fixture
def kinto(database, tmp_path: Path):
    (tmp_path / "postgresql.url").write_text(database.url("kinto"))
    server = configured(backend="postgresql", data=tmp_path, threads=8)
    server.migrate()
    server.start()
    try:
        yield server
    finally:
        server.kill()


def test_acknowledged_writes_survive_ten_kills_of_postgresql(
    kinto: Server, database: databases.PostgreSQL
) -> None:
    with calling(kinto.url) as call:
        call.must("PUT", "/buckets/b")
        call.must("PUT", "/buckets/b/collections/c")
    writers = [Writer(f"w{number}") for number in range(WRITERS)]
    ended = threading.Event()
    with ExitStack() as stack, ThreadPoolExecutor(WRITERS) as pool:
        stack.callback(ended.set)
        running = [
            pool.submit(writer.run, stack.enter_context(calling(kinto.url)), ended)
            for writer in writers
        ]
        for _ in range(KILLS):
            before = [writer.acknowledged for writer in writers]
            until(
                lambda before=before: all(
                    w.acknowledged > n for w, n in zip(writers, before, strict=True)
                )
            )
            database.kill()
            time.sleep(0.2)
            database.start()
        before = [writer.acknowledged for writer in writers]
        until(lambda: all(w.acknowledged > n for w, n in zip(writers, before, strict=True)))
        ended.set()
        for each in running:
            each.result(RECOVERY_SECONDS)
    assert [writer.unexplained for writer in writers] == [[]] * WRITERS
    assert all(writer.statuses.get(503) for writer in writers), "the kills were not noticed"
    with calling(kinto.url) as call:
        for writer in writers:
            stored = call.must("GET", writer.path).data["n"]
            assert writer.acknowledged <= stored <= writer.last_tried
        stamps = [each["last_modified"] for each in call.must("GET", RECORDS).data]
        assert len(set(stamps)) == WRITERS


def test_the_heartbeat_tells_that_postgresql_is_away(
    kinto: Server, database: databases.PostgreSQL
) -> None:
    with calling(kinto.url) as call:
        assert call("GET", "/__heartbeat__").status == 200
        database.kill()
        away = call("GET", "/__heartbeat__")
        assert away.status == 503
        assert away.body["storage"] is away.body["permission"] is away.body["cache"] is False
        assert call("GET", "/__lbheartbeat__").status == 200
        assert call("GET", "/buckets/b").status == 503
        database.start()
        assert call("GET", "/__heartbeat__").status == 200


def until(condition, *, seconds: float = RECOVERY_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the service did not come back"
        time.sleep(0.01)
