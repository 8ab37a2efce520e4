"""Connections: shared, bounded, lost and found again; and what servers are refused."""

import os
import threading
import time
import warnings

import psycopg2
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError

from kinto.core.permission import postgresql as permission
from kinto.core.protocol.terms import COMPARISON, Filter, Sort
from kinto.core.runtime import units
from kinto.core.storage import postgresql as storage
from kinto.core.storage.exceptions import BackendError, IntegrityError, TransientError
from kinto.core.storage.postgresql import create_from_config, engines
from tests import databases
from tests.core.storage.postgresql.helpers import config

KILL_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


def test_storage_and_permission_share_one_pool(url):
    one = storage.load_from_config(config(storage_url=url))
    other = permission.load_from_config(config(permission_url=url))
    assert one.database is other.database
    assert (
        one.database
        is not create_from_config(config(cache_url=url), "cache_", with_transaction=False).database
    )


def test_other_options_for_the_same_address_are_told_to_be_ignored(url):
    storage.load_from_config(config(storage_url=url))
    with pytest.warns(UserWarning, match=r"Parameters permission_\* will be ignored"):
        permission.load_from_config(config(permission_url=url, permission_pool_size="3"))


@pytest.mark.parametrize("address", ["", "nonsense"])
def test_an_address_that_cannot_be_read_stops_the_start(address):
    with pytest.raises(ArgumentError):
        storage.load_from_config(config(storage_url=address))


def test_an_unknown_option_stops_the_start(url):
    with pytest.raises(TypeError, match="foo"):
        storage.load_from_config(config(storage_url=url, storage_foo="1"))


def test_the_driver_is_chosen_in_one_place():
    assert engines.normalized("postgresql://h/d").drivername == "postgresql+psycopg2"


def test_a_server_that_is_away_does_not_stop_the_start():
    url = f"postgresql://postgres@127.0.0.1:{databases.free_port()}/none"
    backend = storage.load_from_config(config(storage_url=url))
    with pytest.raises(BackendError):
        backend.get("test", "", "a")


@pytest.mark.parametrize("setting", ["fsync", "synchronous_commit"])
def test_a_server_that_may_forget_is_refused(setting):
    with databases.own_server(**{setting: "off"}) as server:
        with pytest.raises(RuntimeError, match=f"{setting} is off"):
            storage.load_from_config(config(storage_url=server.url()))
        allowed = config(
            storage_url=server.url("postgres?application_name=x"),
            storage_allow_unsafe_durability="true",
        )
        storage.load_from_config(allowed).initialize_schema()


def test_a_read_finds_another_connection_when_its_own_was_cut(made, run):
    made.create("test", "", {"id": "a"})
    made.get("test", "", "a")
    run(KILL_OTHERS)
    assert made.get("test", "", "a")["id"] == "a"


def test_a_write_that_had_not_begun_finds_another_connection(made, run):
    made.create("test", "", {"id": "a"})
    run(KILL_OTHERS)
    made.create("test", "", {"id": "b"})
    assert made.count_all("test", "") == 2


def test_a_unit_cut_in_the_middle_fails_and_leaves_nothing(made, run):
    with pytest.raises(BackendError), units.unit_of_work():
        made.create("test", "", {"id": "a"})
        run(KILL_OTHERS)
        made.create("test", "", {"id": "b"})
    assert made.count_all("test", "") == 0


def test_a_failed_statement_can_never_be_committed(made):
    with pytest.raises(BackendError), units.unit_of_work():
        made.create("test", "", {"id": "a"})
        with pytest.raises(BackendError), made.client.connect() as connection:
            connection.execute(sa.text("SELECT 1/0"))
    assert made.count_all("test", "") == 0


def test_statements_of_plugins_belong_to_the_unit(made):
    made.create("test", "", {"id": "kept"})
    statement = sa.text("DELETE FROM objects WHERE id = :id")
    with pytest.raises(ZeroDivisionError), units.unit_of_work():
        with made.client.connect() as connection:
            connection.execute(statement, {"id": "kept"})
        assert made.count_all("test", "") == 0
        raise ZeroDivisionError
    assert made.count_all("test", "") == 1
    with made.client.connect() as connection:
        connection.execute(statement, {"id": "kept"})
    assert made.count_all("test", "") == 0


def test_the_columns_that_plugins_read_are_there(made):
    made.create("test", "p", {"id": "a", "n": 1})
    made.delete("test", "p", "a")
    made.create("test", "p", {"id": "b", "n": {"m": 2}})
    sql = (
        "SELECT id, parent_id, resource_name, last_modified, data->'n'->>'m', deleted FROM objects"
    )
    with made.client.connect(readonly=True) as connection:
        rows = sorted(connection.execute(sa.text(sql)).all())
        sql = "SELECT parent_id, resource_name, last_modified FROM timestamps"
        (clock,) = connection.execute(sa.text(sql)).all()
    assert [(*row[:3], *row[4:]) for row in rows] == [
        ("a", "p", "test", None, True),
        ("b", "p", "test", "2", False),
    ]
    assert clock == ("p", "test", rows[1][3])


def test_errors_of_plugins_are_those_of_backends(made):
    insert = sa.text("INSERT INTO metadata (name, value) VALUES ('created_at', '1')")
    with pytest.raises(IntegrityError), made.client.connect() as connection:
        connection.execute(insert)
    with pytest.raises(BackendError), made.client.connect() as connection:
        connection.execute(sa.text("SELECT nonsense"))


def test_a_long_statement_is_ended(url):
    backend = storage.load_from_config(config(storage_url=url, storage_statement_timeout="0.2"))
    backend.initialize_schema()
    started = time.monotonic()
    with backend.database.reading() as session:
        with pytest.raises(BackendError, match="statement timeout"):
            session.read("SELECT pg_sleep(20)")
    assert time.monotonic() - started < 5


def test_beyond_the_backlog_one_is_refused_at_once(url):
    backend = storage.load_from_config(
        config(
            storage_url=url, storage_pool_size="1", storage_max_overflow="0",
            storage_max_backlog="1", storage_pool_timeout="20",
        )
    )  # fmt: skip
    backend.initialize_schema()
    entered, leave = threading.Event(), threading.Event()

    def hold():
        with backend.database.reading() as session:
            session.read("SELECT 1")
            entered.set()
            leave.wait(20)

    threads = [
        threading.Thread(target=hold),
        threading.Thread(target=backend.count_all, args=("", "")),
    ]
    threads[0].start()
    entered.wait(20)
    threads[1].start()
    time.sleep(0.2)
    started = time.monotonic()
    with pytest.raises(BackendError, match="Too many requests wait"):
        backend.count_all("", "")
    assert time.monotonic() - started < 5
    leave.set()
    for thread in threads:
        thread.join(20)
    backend.count_all("", "")


def test_waiting_for_a_connection_is_bounded(url):
    backend = storage.load_from_config(
        config(
            storage_url=url, storage_pool_size="1", storage_max_overflow="0",
            storage_pool_timeout="0.1",
        )
    )  # fmt: skip
    backend.initialize_schema()
    with backend.database.reading() as session:
        session.read("SELECT 1")
        with pytest.raises(BackendError), backend.database.reading() as other:
            other.read("SELECT 1")


def test_a_fork_leaves_the_connections_of_its_parent_alone(made):
    made.create("test", "", {"id": "a"})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        try:
            found = made.count_all("test", "")
            os._exit(0 if found == 1 else 1)
        except BaseException:
            os._exit(2)
    assert os.waitpid(child, 0)[1] == 0
    assert made.get("test", "", "a")["id"] == "a"


def test_texts_are_in_byte_order_whatever_the_database_thinks():
    options = "ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'en' LOCALE 'C'"
    try:
        url = databases.database_url(options=options)
    except psycopg2.Error as error:  # the server was built without ICU
        assert "ICU" in str(error)
        return
    backend = storage.load_from_config(config(storage_url=url))
    backend.initialize_schema()
    texts = ["B", "a", "é", "-", "a-b", "ab", "_"]
    for text in texts:
        backend.create("test", f"/buckets/x/{text}", {"id": text, "text": text})
    assert not backend.database.byte_order
    for field in ("id", "text"):
        sorting = [Sort(field, 1)]
        found = [obj["id"] for obj in backend.list_all("test", "/buckets/x/*", sorting=sorting)]
        assert found == sorted(texts)
        filters = [Filter(field, "_", COMPARISON.GT)]
        found = [obj["id"] for obj in backend.list_all("test", "/buckets/x/*", filters=filters)]
        assert sorted(found) == [text for text in sorted(texts) if text > "_"]
    assert len(backend.delete_all(None, "/buckets/x/a*")) == 3
    permissions = permission.load_from_config(config(permission_url=url))
    permissions.initialize_schema()
    for text in texts:
        permissions.add_principal_to_ace(f"/buckets/x/{text}", "read", "ann")
    permissions.delete_object_permissions("/buckets/x/a*")
    assert len(permissions.get_accessible_objects(["ann"])) == 4


def test_a_deadlock_is_told_as_transient(made):
    barrier = threading.Barrier(2)
    raised: list[BaseException] = []

    def write(first, second):
        try:
            with units.unit_of_work():
                made.create("test", first, {})
                barrier.wait(20)
                made.create("test", second, {})
        except BackendError as error:
            raised.append(error)

    threads = [threading.Thread(target=write, args=pair) for pair in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [type(error) for error in raised] == [TransientError]


def test_a_name_with_nul_is_unknown_and_cannot_be_stored(made):
    made.create("test", "", {"id": "a"})
    assert made.get_many([("test", "", "a\0"), ("te\0st", "", "a")]) == [None, None]
    assert made.list_all("test", "", filters=[Filter("id", "a\0", COMPARISON.EQ)]) == []
    with pytest.raises(BackendError):
        made.create("test", "", {"id": "a\0"})
    assert made.count_all("test", "") == 1


def test_reads_are_content_with_a_replica(made, url):
    made.create("bucket", "", {"id": "b"})
    made.create("group", "/buckets/b", {"id": "g"})
    replica = storage.load_from_config(
        config(storage_url=f"{url}?options=-c%20default_transaction_read_only%3Don")
    )
    group = ("group", "/buckets/b")
    for _ in range(2):
        with units.unit_of_work():
            assert replica.get(*group, "g")["id"] == "g"
            assert replica.list_page(*group)[1][0]["id"] == "g"
            assert replica.resource_timestamp("collection", "/buckets/b")
            found = replica.get_many_with_timestamp(
                [("bucket", "", "b")], resource_name="group", parent_id="/buckets/b"
            )
            assert found[1] == made.resource_timestamp(*group)
