"""Redis with `appendfsync always` ended by SIGKILL ten times while clients write, and paused.

Nothing acknowledged is lost. Meanwhile Kinto answers 503 with `Retry-After`, never 500, and works
again without a restart as soon as Redis does. A cache that is away disturbs no data request.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.faults.calls import Caller, calling
from tests.faults.slow import slow_way
from tests.redis_server import Redis, running_redis
from tests.servers import Server, configured

KILLS = 10
WRITERS = 4
RECORDS = "/buckets/b/collections/c/records"
RECOVERY_SECONDS = 30.0


class Writer:
    """Puts rising numbers in one record; what was answered, and what is unknown."""

    def __init__(self, name: str) -> None:
        self.path = f"{RECORDS}/{name}"
        self.acknowledged = 0
        self.last_tried = 0
        self.refused = 0
        self.unexplained: list[object] = []

    def run(self, call: Caller, ended: threading.Event) -> None:
        while not ended.is_set():
            self.last_tried += 1
            answer = call("PUT", self.path, {"data": {"n": self.last_tried}})
            if answer.status in (200, 201):
                self.acknowledged = self.last_tried
            elif answer.status == 503 and "retry-after" in answer.headers:
                self.refused += 1
                time.sleep(0.01)
            else:
                self.unexplained.append(answer)


@pytest.fixture
def redis() -> Iterator[Redis]:
    with running_redis(appendfsync="always") as server:
        yield server


def served_by(
    storage: str, cache: str, *, data: Path, settings: Mapping[str, str] | None = None
) -> Server:
    """Kinto with storage and permissions in one Redis (or memory), and its cache in another."""
    kinds = {"storage": storage, "permission": storage, "cache": cache}
    chosen = {f"kinto.{kind}_url": url for kind, url in kinds.items() if url}
    for kind, url in kinds.items():
        if url:
            chosen[f"kinto.{kind}_backend"] = f"kinto.core.{kind}.redis"
            chosen[f"kinto.{kind}_socket_timeout"] = "1"
    chosen |= settings or {}
    return configured(backend="memory", data=data, threads=8, settings=chosen)


@pytest.fixture
def kinto(redis: Redis, tmp_path: Path) -> Iterator[Server]:
    server = served_by(redis.url, "", data=tmp_path)
    server.start()
    try:
        with calling(server.url) as call:
            call.must("PUT", "/buckets/b")
            call.must("PUT", "/buckets/b/collections/c")
        yield server
    finally:
        server.kill()


def test_acknowledged_writes_survive_ten_kills_of_redis(kinto: Server, redis: Redis) -> None:
    writers = [Writer(f"w{number}") for number in range(WRITERS)]
    ended = threading.Event()
    with ExitStack() as stack, ThreadPoolExecutor(WRITERS) as pool:
        stack.callback(ended.set)
        running = [
            pool.submit(writer.run, stack.enter_context(calling(kinto.url)), ended)
            for writer in writers
        ]
        for _ in range(KILLS):
            until_all_have_written(writers)
            redis.kill()
            time.sleep(0.2)
            redis.start()
        until_all_have_written(writers)
        ended.set()
        for each in running:
            each.result(RECOVERY_SECONDS)
    assert [writer.unexplained for writer in writers] == [[]] * WRITERS
    assert any(writer.refused for writer in writers), "the kills were not noticed"
    with calling(kinto.url) as call:
        for writer in writers:
            stored = call.must("GET", writer.path).data["n"]
            assert writer.acknowledged <= stored <= writer.last_tried
        stamps = [each["last_modified"] for each in call.must("GET", RECORDS).data]
        assert len(set(stamps)) == WRITERS


def test_the_heartbeat_tells_that_redis_is_away_and_what_it_keeps(
    kinto: Server, redis: Redis
) -> None:
    with calling(kinto.url) as call:
        well = call("GET", "/__heartbeat__")
        assert well.status == 200
        assert well.body["storage_durability"] == "appendonly yes, appendfsync always"
        redis.kill()
        away = call("GET", "/__heartbeat__")
        assert away.status == 503
        assert away.body["storage"] is away.body["permission"] is False
        assert call("GET", "/__lbheartbeat__").status == 200
        assert call("GET", "/buckets/b").status == 503
        redis.start()
        assert call("GET", "/__heartbeat__").status == 200
        assert call("GET", "/buckets/b").status == 200


def test_a_redis_that_hangs_is_waited_for_a_bounded_time(kinto: Server, redis: Redis) -> None:
    with calling(kinto.url) as call:
        redis.pause()
        try:
            started = time.monotonic()
            answer = call("PUT", f"{RECORDS}/r", {"data": {}})
            assert answer.status == 503
            assert "retry-after" in answer.headers
            assert time.monotonic() - started < 10
        finally:
            redis.resume()
        until(lambda: call("PUT", f"{RECORDS}/r", {"data": {}}).status in (200, 201))


ACCOUNTS = {
    "kinto.includes": "kinto.plugins.accounts",
    "multiauth.policies": "account",
    "multiauth.policy.account.use": "kinto.plugins.accounts.AccountsPolicy",
    "kinto.account_create_principals": "system.Everyone",
    "kinto.account_bcrypt_rounds": "4",
    "kinto.account_cache_ttl_seconds": "1",
    "kinto.account_failures_per_account": "100",
}


def test_a_cache_that_is_stopped_paused_or_slow_disturbs_no_data_request(tmp_path: Path) -> None:
    """Nor does it open anything: a wrong password is wrong, a right one is right."""
    with running_redis() as cache, slow_way(cache.port) as way, ExitStack() as stack:
        url = f"redis://127.0.0.1:{way.port}/0"
        server = served_by("", url, data=tmp_path, settings=ACCOUNTS)
        server.start()
        stack.callback(server.kill)
        right = stack.enter_context(calling(server.url))
        wrong = stack.enter_context(calling(server.url, password="wrong"))
        account = {"data": {"id": "alice", "password": "secret"}}
        right.must("PUT", "/accounts/alice", account)
        right.must("PUT", "/buckets/b")

        def slow() -> None:
            way.delay = 3.0

        def fast() -> None:
            way.delay = 0.0

        ways = ((cache.pause, cache.resume), (cache.kill, cache.start), (slow, fast))
        for disturb, mend in ways:
            disturb()
            time.sleep(1.1)  # nothing that the cache said is remembered
            for number in range(5):
                started = time.monotonic()
                right.must("PUT", f"/buckets/b/collections/c{number}")
                assert right("GET", "/buckets/b").status == 200
                assert wrong("GET", "/buckets/b").status == 401
                # One answer is waited for (a second here), then the cache is left in peace.
                assert time.monotonic() - started < 4
            away = right("GET", "/__heartbeat__")
            assert away.status == 503
            assert away.body["cache"] is False
            mend()
            until(lambda: right("GET", "/__heartbeat__").status == 200)


def until_all_have_written(writers: list[Writer]) -> None:
    before = [writer.acknowledged for writer in writers]
    until(lambda: all(w.acknowledged > n for w, n in zip(writers, before, strict=True)))


def until(condition: Callable[[], bool], *, seconds: float = RECOVERY_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the service did not come back"
        time.sleep(0.01)
