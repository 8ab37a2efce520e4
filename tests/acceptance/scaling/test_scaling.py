"""One service on what would be eight machines; its primary is lost twice in mid-load.

nginx in front of two Kinto processes, PgBouncer in transaction mode, a PostgreSQL primary with a
synchronous streaming replica, a read-only Kinto on that replica, as docs/operations/scaling.md
has them. Nothing that was acknowledged is lost, nobody is answered anything but 503 with
`Retry-After` meanwhile, no Kinto is restarted.
"""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.acceptance.scaling.load import Client, CountingWriter, LedgerWriter, Poller, all_go_on
from tests.acceptance.scaling.servers import (
    Member,
    Nginx,
    PgBouncer,
    folders,
    of_page,
    statements_of_page,
    until,
)
from tests.faults.calls import calling
from tests.servers import Server, configured
from tests.sharding import breaches_of_statement

LOAD_SECONDS = 5.0
WRITERS = 4
COUNTERS = 3
RECORDS = "/buckets/b/collections/c/records"


class Site:
    """Everything but the clients."""

    def __init__(self, new: Callable[[str], Path], stack: ExitStack) -> None:
        self._new, self._stack = new, stack
        self.members: list[Member] = []
        self.primary = self.add_member()
        for statement in statements_of_page("CREATE ROLE"):
            self.primary.ask(statement)
        self.replica = self.add_member(original=self.primary)
        self.primary.wait_for_standby()
        self.bouncer = PgBouncer(new("pgbouncer"))
        self._tell_bouncer()
        self.bouncer.start()
        stack.callback(self.bouncer.stop)
        writing, reading = new("writing"), new("reading")
        self.kintos = [self._kinto(writing, f"kinto{n}", "6432/kinto\n") for n in range(2)]
        self.reader = self._kinto(reading, "reader", "readonly")
        self.kintos[0].migrate()
        for server in [*self.kintos, self.reader]:
            stack.callback(server.kill)
            server.start()
        self.nginx = Nginx(new("nginx"), [server.port for server in self.kintos])
        self.nginx.start()
        stack.callback(self.nginx.stop)

    def add_member(self, original: Member | None = None) -> Member:
        folder = self._new(f"postgresql{len(self.members)}")
        member = Member(folder, original=original, log_statement="all")
        self._stack.callback(member.stop)
        member.start()
        self.members.append(member)
        return member

    def fail_over(self, end: Callable[[Member], None]) -> float:
        """Take the primary away and promote the replica; return the seconds that it took."""
        started = time.monotonic()
        end(self.primary)
        self.primary = self.replica
        self.primary.promote()
        self._tell_bouncer()
        return time.monotonic() - started

    def add_replica(self) -> None:
        """Copy the primary in mid-load, and have it wait for the copy."""
        self.replica = self.add_member(original=self.primary)
        self.primary.wait_for_standby()
        self._tell_bouncer()

    def statements(self) -> set[str]:
        """What the members were asked, as their logs have it."""
        logs = "".join((member.folder / "log").read_text() for member in self.members)
        entries = re.split(r"^\d{4}-\d\d-\d\d [^\n]*? (?=[A-Z]+:  )", logs, flags=re.MULTILINE)
        begin = "LOG:  statement: "
        return {entry.removeprefix(begin) for entry in entries if entry.startswith(begin)}

    def _tell_bouncer(self) -> None:
        addresses = {"kinto": self.primary, "kinto_reading": self.replica}
        self.bouncer.point_at(**{name: member.url("kinto") for name, member in addresses.items()})

    def _kinto(self, data: Path, name: str, block: str) -> Server:
        written = of_page("ini", block).replace(":6432/", f":{self.bouncer.port}/")
        settings = dict(line.split(" = ", 1) for line in written.splitlines())
        # The cache would be a Redis: here each process has its own, and nobody logs in.
        cache = {"kinto.cache_backend": "kinto.core.cache.memory", "kinto.cache_url": ""}
        return configured(
            backend="memory", data=data, name=name, threads=8, settings={**cache, **settings}
        )


@pytest.fixture
def site() -> Iterator[Site]:
    with folders() as new, ExitStack() as stack:
        yield Site(new, stack)


def test_the_primary_is_lost_twice_in_mid_load_and_nothing_acknowledged_is(
    site: Site, report: Callable[[str], None]
) -> None:
    with calling(site.nginx.url) as call:
        call.must("PUT", "/buckets/b", {"permissions": {"read": ["system.Authenticated"]}})
        call.must("PUT", "/buckets/b/collections/c")
        call.must("PUT", f"{RECORDS}/counter", {"data": {"n": 0}})
    writers = [LedgerWriter(site.nginx.url, RECORDS, f"w{n}") for n in range(WRITERS)]
    counters = [CountingWriter(site.nginx.url, RECORDS, "counter") for _ in range(COUNTERS)]
    pollers = [Poller(site.nginx.url, RECORDS), Poller(site.reader.url, RECORDS)]
    clients: list[Client] = [*writers, *counters, *pollers]
    processes = [server.process.pid for server in [*site.kintos, site.reader]]

    with under_load(clients):
        time.sleep(LOAD_SECONDS)
        for name, end in [("SIGKILL", Member.kill), ("clean stop", Member.stop_cleanly)]:
            started = time.monotonic()
            took = site.fail_over(end)
            until(all_go_on([*writers, *counters]), seconds=60)
            report(
                f"{name} of the primary: promoted and PgBouncer told after {took:.1f} s,"
                f" every writer at work again after {time.monotonic() - started:.1f} s"
            )
            time.sleep(LOAD_SECONDS)
            site.add_replica()
            until(all_go_on(clients), seconds=60)
            time.sleep(LOAD_SECONDS)
    statuses = sum((client.statuses for client in clients), Counter())
    report(f"answers by status: {dict(sorted(statuses.items()))}")
    report(f"slowest answer: {max(client.slowest for client in clients):.1f} s")

    assert [client.unexplained for client in clients] == [[]] * len(clients)
    assert [server.process.pid for server in [*site.kintos, site.reader]] == processes
    assert all(server.process.poll() is None for server in [*site.kintos, site.reader])
    assert sum(client.statuses[503] for client in writers), "the losses were not noticed"
    ledger = {id_: data for writer in writers for id_, data in writer.ledger.items()}
    stored = every_record(site.nginx.url)
    lost = [id_ for id_, data in ledger.items() if stored.get(id_) != data]
    report(f"acknowledged writes: {len(ledger)} records, lost {len(lost)}")
    assert lost == []
    check_counters(counters, stored["counter"]["n"], report)
    for url, poller in zip(["nginx", "the read-only Kinto"], pollers, strict=True):
        poller.catch_up()
        missed = [id_ for id_, data in stored.items() if poller.held.get(id_) != data]
        report(f"poller through {url}: {len(poller.held)} records held, missed {len(missed)}")
        assert missed == [] and poller.held.keys() == stored.keys()
    assert every_record(site.reader.url) == stored


def test_without_its_replica_the_primary_lets_writes_wait_and_readers_read(site: Site) -> None:
    # The limit of a statement must not cut the wait short: that would acknowledge a promise
    # that the replica knows nothing of.
    site.primary.ask("ALTER ROLE kinto SET statement_timeout = '1s'")
    site.primary.ask(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'kinto'"
    )
    with calling(site.nginx.url) as call, calling(site.nginx.url) as other:
        until(lambda: call("PUT", "/buckets/b").status < 400)
        site.replica.kill()
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(other, "PUT", "/buckets/c")
            time.sleep(3)
            assert not waiting.done()
            assert call("GET", "/buckets/b").status == 200
            site.primary.ask("ALTER SYSTEM RESET synchronous_standby_names")
            site.primary.ask("SELECT pg_reload_conf()")
            assert waiting.result(10).status == 201


def check_counters(
    counters: list[CountingWriter], value: int, report: Callable[[str], None]
) -> None:
    """No number was acknowledged twice, and none is missing that was."""
    reached = [number for counter in counters for number in counter.reached]
    unknown = set().union(*(counter.unknown for counter in counters))
    assert len(reached) == len(set(reached)), "an update was lost"
    assert set(range(1, value + 1)) - set(reached) <= unknown
    assert max(reached) <= value
    report(f"If-Match: {len(reached)} acknowledged additions, counter at {value}, lost updates 0")


def test_nothing_of_a_session_is_used_behind_pgbouncer(site: Site) -> None:
    with calling(site.nginx.url) as call:
        call.must("PUT", "/buckets/b")
        call.must("PUT", "/buckets/b/collections/c")
        requests = [
            {"method": "PUT", "path": f"{RECORDS}/r{n}", "body": {"data": {"n": n}}}
            for n in range(5)
        ]
        call.must("POST", "/batch", {"requests": requests})
        call.must("GET", f"{RECORDS}?_sort=n&_limit=2")
        call.must("DELETE", RECORDS)
        call.must("DELETE", "/buckets/b")
    statements = site.statements()
    assert any("INSERT INTO objects" in text for text in statements)
    found = {
        f"{breach}: {text[:200]}"
        for text in statements
        for breach in breaches_of_statement(text)
        if not breach.startswith("DDL")
    }
    assert found == set()
    assert not [text for text in statements if re.search(r"\b(PREPARE|DECLARE|DEALLOCATE)\b", text)]


@contextmanager
def under_load(clients: list[Client]) -> Iterator[None]:
    """Run clients in threads for a block; what one of them raised is raised at its end."""
    ended = threading.Event()
    with ThreadPoolExecutor(len(clients)) as pool:
        running = [pool.submit(client.run, ended) for client in clients]
        try:
            yield
        finally:
            ended.set()
        for each in running:
            each.result(60)


def every_record(url: str) -> dict[str, dict]:
    with calling(url) as call:
        return {each["id"]: each for each in call.must("GET", RECORDS).data}
