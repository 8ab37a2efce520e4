"""Deadlocks, failed serializations and lost turns of real servers: no client sees one."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg2
import pytest
import redis
import sqlalchemy as sa

from kinto.core.events import ResourceChanged
from kinto.core.runtime import units
from kinto.core.storage.exceptions import TransientError
from kinto.core.storage.postgresql import connection, session
from kinto.core.storage.redis import names
from tests import databases, factories

ROUNDS = 12
HEADERS = factories.credentials("alice")
COLLECTIONS = ("one", "two")


def path_of(collection: str) -> str:
    return f"/buckets/b/collections/{collection}/records"


class Site:
    """An application on an own database that finds deadlocks fast, and a look at its figures."""

    def __init__(self, folder: Path) -> None:
        self.url = databases.database_url()
        self.run(
            "DO $$ BEGIN EXECUTE format("
            "'ALTER DATABASE %I SET deadlock_timeout = ''100ms''', current_database()); END $$"
        )
        urls = {f"{kind}_url": self.url for kind in ("storage", "permission", "cache")}
        self.api = factories.build_api("postgresql", folder, **urls)
        self.api.put_json("/buckets/b", headers=HEADERS)
        for name in COLLECTIONS:
            self.api.put_json(f"/buckets/b/collections/{name}", headers=HEADERS)
            self.api.put_json(f"{path_of(name)}/counter", {"data": {"n": 0}}, headers=HEADERS)

    def run(self, sql: str) -> list:
        connection = psycopg2.connect(self.url)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def deadlocks(self) -> int:
        sql = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        return self.run(sql)[0][0]

    def in_threads(self, work, *, count: int = 2) -> None:
        with ThreadPoolExecutor(count) as pool:
            clients = [factories.another_client(self.api) for _ in range(count)]
            for each in [pool.submit(work, clients[n], n) for n in range(count)]:
                each.result(120)

    def number_in(self, name: str) -> int:
        path = f"{path_of(name)}/counter"
        return self.api.get(path, headers=HEADERS).json["data"]["n"]


@pytest.fixture
def site(tmp_path):
    site = Site(tmp_path)
    yield site
    site.api.storage.client.database.close()
    site.api.cache.client.database.close()


def test_batches_over_two_lists_in_opposite_order_never_deadlock(site):
    def write(client, number):
        order = COLLECTIONS if number else COLLECTIONS[::-1]
        for n in range(ROUNDS):
            requests = [
                {"method": "PUT", "path": f"{path_of(name)}/w{number}-{n}", "body": {"data": {}}}
                for name in order
            ]
            answer = client.post_json("/batch", {"requests": requests}, headers=HEADERS, status=200)
            assert [each["status"] for each in answer.json["responses"]] == [201, 201]

    site.in_threads(write, count=4)
    for name in COLLECTIONS:
        stored = site.api.get(path_of(name), headers=HEADERS).json["data"]
        assert len(stored) == 4 * ROUNDS + 1
    assert site.deadlocks() == 0


def test_deadlocks_that_subscribers_cause_are_cured(site):
    storage = site.api.storage

    def write_to_the_other(event):
        record = event.impacted_objects[0]["new"]
        if event.payload["resource_name"] != "record" or "from" in record:
            return
        other = COLLECTIONS[event.payload["collection_id"] == "one"]
        time.sleep(0.02)
        parent = f"/buckets/b/collections/{other}"
        storage.lock_parent("record", parent)
        known = storage.get("record", parent, "counter")
        storage.update("record", parent, "counter", {"from": "subscriber", "n": known["n"] + 1})

    def write(client, number):
        for n in range(ROUNDS):
            path = f"{path_of(COLLECTIONS[number])}/r{n}"
            client.put_json(path, {"data": {}}, headers=HEADERS, status=201)

    registry = site.api.registry
    registry.registerHandler(write_to_the_other, (ResourceChanged,))
    site.in_threads(write)
    assert [site.number_in(name) for name in COLLECTIONS] == [ROUNDS, ROUNDS]
    deadline = time.monotonic() + 10
    while not site.deadlocks():
        assert time.monotonic() < deadline, "nothing was provoked"
        time.sleep(0.1)


def test_the_victim_of_somebody_elses_deadlock_is_run_again(site):
    """Another client of the database locks the two lists in the opposite order, and is spared."""
    ours, theirs = (f"SELECT 1 FROM timestamps WHERE parent_id = '/buckets/b/collections/{name}' "
                    "FOR UPDATE" for name in COLLECTIONS)  # fmt: skip
    other = psycopg2.connect(site.url)
    try:
        with other.cursor() as cursor, ThreadPoolExecutor(1) as pool:
            cursor.execute("SET deadlock_timeout = '1h'")
            cursor.execute(theirs)
            requests = [
                {"method": "PUT", "path": f"{path_of(name)}/r", "body": {"data": {}}}
                for name in COLLECTIONS
            ]
            running = pool.submit(
                site.api.post_json, "/batch", {"requests": requests}, headers=HEADERS, status=200
            )
            until_somebody_waits(site)
            cursor.execute(ours)  # goes on once the batch was undone
            other.rollback()
            answer = running.result(30)
    finally:
        other.close()
    assert [each["status"] for each in answer.json["responses"]] == [201, 201]


def test_failed_serializations_are_cured(site, monkeypatch):
    """In a stricter isolation, writers of one list that meet fail instead of waiting."""
    stricter = session._BEGIN.replace("READ COMMITTED", "REPEATABLE READ")
    assert stricter != session._BEGIN
    monkeypatch.setattr(session, "_BEGIN", stricter)
    failures = []
    usual = connection.Connection._told

    def told(self, error):
        failures.append(usual(self, error))
        return failures[-1]

    monkeypatch.setattr(connection.Connection, "_told", told)
    start = threading.Barrier(2)

    def increment(client, number):
        path = f"{path_of('one')}/counter"
        for _ in range(ROUNDS):
            start.wait(30)
            done = 0
            while done != 200:
                known = client.get(path, headers=HEADERS)
                body = {"data": {"n": known.json["data"]["n"] + 1}}
                guarded = {**HEADERS, "If-Match": known.headers["ETag"]}
                done = client.put_json(path, body, headers=guarded, status=(200, 412)).status_int

    site.in_threads(increment)
    assert site.number_in("one") == 2 * ROUNDS
    assert failures
    assert {type(each) for each in failures} == {TransientError}


@pytest.mark.parametrize("when", ["", "DEFERRABLE INITIALLY DEFERRED"])
def test_a_serialization_that_fails_twice_is_cured(site, when):
    """In the statement, and (deferred) in the commit."""
    site.run(
        f"""
        CREATE SEQUENCE failures;
        CREATE FUNCTION fail_twice() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          IF nextval('failures') <= 2 THEN
            RAISE EXCEPTION 'made by the test' USING ERRCODE = '40001';
          END IF;
          RETURN NEW;
        END $$;
        CREATE CONSTRAINT TRIGGER failing AFTER INSERT ON objects {when}
          FOR EACH ROW EXECUTE FUNCTION fail_twice();
        """
    )
    told = []
    site.api.registry.registerHandler(told.append, (ResourceChanged,))
    site.api.put_json(f"{path_of('one')}/r", {"data": {"a": 1}}, headers=HEADERS, status=201)
    assert site.run("SELECT last_value FROM failures")[0][0] == 3
    assert site.api.get(f"{path_of('one')}/r", headers=HEADERS).json["data"]["a"] == 1
    assert 1 <= len(told) <= 3


def test_statements_of_plugins_that_are_undone_are_told_as_such(site):
    failing = "DO $$ BEGIN RAISE EXCEPTION 'made' USING ERRCODE = '40P01'; END $$"
    client = site.api.storage.client
    for unit in (units.unit_of_work, None):
        with pytest.raises(TransientError):
            if unit is None:
                execute(client, failing)
            else:
                with unit():
                    execute(client, failing)


def execute(client, sql: str) -> None:
    with client.connect() as connection:
        connection.execute(sa.text(sql))


def until_somebody_waits(site: Site) -> None:
    deadline = time.monotonic() + 30
    while not site.run("SELECT 1 FROM pg_locks WHERE NOT granted"):
        assert time.monotonic() < deadline, "nobody waits"
        time.sleep(0.02)


def test_a_request_that_lost_its_turn_in_redis_is_run_again(tmp_path):
    """As when the process was stopped for longer than its lease, and another one wrote."""
    api = factories.build_api("redis", tmp_path)
    api.put_json("/buckets/b", headers=HEADERS)
    told = []

    def overtaken(event):
        told.append(event)
        if len(told) < 3:
            with redis.Redis.from_url(api.registry.settings["storage_url"]) as client:
                client.set(names.HOLDER, "another process")

    api.registry.registerHandler(overtaken, (ResourceChanged,))
    api.put_json("/buckets/b/collections/c", headers=HEADERS, status=201)
    assert len(told) == 3
    api.get("/buckets/b/collections/c", headers=HEADERS, status=200)
