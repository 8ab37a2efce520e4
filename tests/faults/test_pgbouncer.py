"""PgBouncer in transaction mode: many connections of Kinto over two of PostgreSQL."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg2
import pytest

from tests import databases
from tests.acceptance.scaling.servers import PgBouncer, folders
from tests.faults.calls import Caller, calling, together
from tests.servers import RunningServer, running_server

CLIENTS = 8
WRITES = 6
RECORDS = "/buckets/b/collections/c/records"


class Bouncer:
    """The one of this module, for the test that takes it away."""

    it: PgBouncer


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A database of a role that may wait one second for a lock: PgBouncer drops our timeouts."""
    url = databases.database_url()
    role = urlsplit(url).path[1:]
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {role} LOGIN SUPERUSER")
        cursor.execute(f"ALTER ROLE {role} SET statement_timeout = '1s'")
    yield url
    with connection.cursor() as cursor:
        cursor.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")
    connection.close()


@pytest.fixture(scope="module")
def site(address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    role = urlsplit(address).path[1:]
    tmp_path = tmp_path_factory.mktemp("pgbouncer")
    with folders() as new:
        bouncer = Bouncer.it = PgBouncer(new("pgbouncer"), pool=2, users=[role])
        bouncer.point_at(kinto=address)
        bouncer.start()
        try:
            (tmp_path / "postgresql.url").write_text(bouncer.url("kinto", user=role))
            with running_server(
                backend="postgresql", data=tmp_path, processes=2, threads=CLIENTS
            ) as server:
                yield server
        finally:
            bouncer.stop()


def test_two_connections_serve_many_clients_and_no_update_is_lost(site: RunningServer) -> None:
    with calling(site.url) as call:
        call.must("PUT", "/buckets/b")
        call.must("PUT", "/buckets/b/collections/c")
        call.must("PUT", f"{RECORDS}/counter", {"data": {"n": 0}})

    def add(call: Caller, number: int) -> int:
        added = 0
        while added < WRITES:
            seen = call.must("GET", f"{RECORDS}/counter")
            body = {"data": {"n": seen.data["n"] + 1}}
            answer = call("PUT", f"{RECORDS}/counter", body, If_Match=f'"{seen.etag}"')
            assert answer.status in (200, 412), answer
            added += answer.status == 200
        call.must("PUT", f"{RECORDS}/r{number}", {"data": {"n": number}})
        return added

    together(site.urls, add, threads=CLIENTS)
    with calling(site.url) as call:
        assert call.must("GET", f"{RECORDS}/counter").data["n"] == CLIENTS * WRITES
        assert len(call.must("GET", RECORDS).data) == CLIENTS + 1


def test_the_role_s_statement_timeout_bounds_the_wait_for_a_lock(
    site: RunningServer, address: str
) -> None:
    with calling(site.url) as call:
        call.must("PUT", "/buckets/another")
        blocker = psycopg2.connect(address)
        with blocker.cursor() as cursor:
            cursor.execute("SELECT 1 FROM timestamps FOR UPDATE")
            refused = call("PUT", "/buckets/other")
            blocker.rollback()
        blocker.close()
        assert refused.status == 503 and "retry-after" in refused.headers
        assert call("PUT", "/buckets/other").status == 201


def test_a_pgbouncer_that_is_started_again_is_used_again(site: RunningServer) -> None:
    with calling(site.url) as call:
        call.must("PUT", "/buckets/before")
        Bouncer.it.stop()
        away = call("PUT", "/buckets/meanwhile")
        assert away.status == 503 and "retry-after" in away.headers
        Bouncer.it.start()
        assert call("PUT", "/buckets/after").status == 201
        assert call("GET", "/buckets/before").status == 200
