"""A pool of two connections and fifty clients: bounded waits, then 503; the rest still answers."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg2
import pytest

from tests.faults.calls import calling, together
from tests.servers import database_of, running_server

SETTINGS = {
    f"kinto.{kind}_{name}": value
    for kind in ("storage", "permission")
    for name, value in {
        "pool_size": "1",
        "max_overflow": "1",
        "pool_timeout": "0.5",
        "max_backlog": "4",
    }.items()
}
CLIENTS = 50
BUSY_SECONDS = 6


@pytest.fixture
def site(tmp_path: Path):
    with running_server(
        backend="postgresql", data=tmp_path, threads=16, settings=SETTINGS
    ) as server:
        yield server, database_of(tmp_path)


def test_a_full_pool_answers_503_and_what_needs_no_database_still_answers(site) -> None:
    server, url = site
    with calling(server.url) as call:
        call.must("PUT", "/buckets/b")
        call.must("PUT", "/buckets/b/collections/c")
        call.must("PUT", "/buckets/b/collections/c/records/r", {"data": {}})

    def write(call, number):
        answers = []
        ends = time.monotonic() + BUSY_SECONDS
        while time.monotonic() < ends:
            started = time.monotonic()
            answer = call("PUT", f"/buckets/b/collections/c/records/r{number}", {"data": {}})
            answers.append((answer, time.monotonic() - started))
        return answers

    blocker = psycopg2.connect(url)
    try:
        with blocker.cursor() as cursor, ThreadPoolExecutor(1) as pool:
            cursor.execute("SELECT 1 FROM timestamps FOR UPDATE")  # writers wait, with connections
            running = pool.submit(together, server.urls, write, threads=CLIENTS)
            time.sleep(2)
            with calling(server.url) as call:
                assert call("GET", "/nowhere").status == 404
                assert call("POST", "/batch", {"requests": 1}).status == 400
                asked = {"Origin": "https://a", "Access_Control_Request_Method": "GET"}
                assert call("OPTIONS", "/buckets", **asked).status in (200, 204)
                assert call("GET", "/__lbheartbeat__").status == 200
            time.sleep(1)
            blocker.rollback()
            answers = [each for some in running.result(60) for each in some]
    finally:
        blocker.close()
    statuses = {answer.status for answer, _ in answers}
    assert statuses <= {200, 201, 503}
    assert 503 in statuses and statuses & {200, 201}
    assert all("retry-after" in a.headers for a, _ in answers if a.status == 503)
    assert max(seconds for _, seconds in answers) < 20
