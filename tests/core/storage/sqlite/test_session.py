"""Transactions: begun late, saved late, given back whatever happens."""

import sqlite3
from unittest import mock

import pytest

from kinto.core.runtime import units
from kinto.core.storage.exceptions import BackendError, IntegrityError, UnicityError
from kinto.core.storage.sqlite import execution
from kinto.core.storage.sqlite.client import recorded_statements

PLACE = ("record", "/buckets/b/collections/c")


@pytest.fixture
def performed():
    """Every text given to the client library, transaction control included."""
    texts = []
    execute = execution.execute

    def spy(connection, sql, parameters=()):
        texts.append(sql.strip().split("\n")[0])
        return execute(connection, sql, parameters)

    with mock.patch.object(execution, "execute", side_effect=spy):
        yield texts


def control(texts):
    words = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")
    return [text for text in texts if text.startswith(words)]


def test_a_single_read_needs_no_transaction(storage, performed):
    storage.get_many([(*PLACE, "a")])
    assert control(performed) == []


def test_reads_of_a_unit_see_one_moment(storage, database):
    storage.create(*PLACE, {"id": "a", "n": 1})
    with units.unit_of_work() as unit:
        assert storage.get(*PLACE, "a")["n"] == 1
        units.bind(None)
        storage.update(*PLACE, "a", {"n": 2})
        units.bind(unit)
        assert storage.get(*PLACE, "a")["n"] == 1
        storage.lock_parent(*PLACE)
        assert storage.get(*PLACE, "a")["n"] == 2


def test_a_unit_that_asks_once_begins_nothing(storage, permission, performed):
    storage.get_many([(*PLACE, "a")])
    del performed[:]
    with units.unit_of_work():
        storage.expect([(*PLACE, "a")], timestamp_of=PLACE)
        permission.get_principals_and_permissions("ann", ["/buckets/b"])
        storage.get_many_with_timestamp([(*PLACE, "a")], resource_name=PLACE[0], parent_id=PLACE[1])
    assert len(performed) == 1


def test_what_follows_the_first_question_sees_the_same_moment(storage, permission, database):
    storage.create(*PLACE, {"id": "a", "n": 1})
    permission.replace_object_permissions("/buckets/b", {"read": ["ann"]})
    with units.unit_of_work() as unit:
        _, found = permission.get_principals_and_permissions("ann", ["/buckets/b"])
        assert found == [{"read": {"ann"}}]
        units.bind(None)
        storage.update(*PLACE, "a", {"n": 2})
        permission.replace_object_permissions("/buckets/b", {"read": ["bea"]})
        units.bind(unit)
        assert storage.list_all(*PLACE)[0]["n"] == 1
        assert permission.get_object_permissions("/buckets/b") == {"read": {"ann"}}
        storage.lock_parent(*PLACE)
        assert storage.list_all(*PLACE)[0]["n"] == 2
        assert permission.get_object_permissions("/buckets/b") == {"read": {"bea"}}


@pytest.mark.parametrize("is_undone", [False, True])
def test_a_unit_that_only_read_holds_nothing_after_its_end(
    storage, permission, database, is_undone
):
    storage.create(*PLACE, {"id": "a"})
    with units.unit_of_work() as unit:
        assert permission.get_user_principals("ann") == set()
        if is_undone:
            unit.abort()
    storage.create(*PLACE, {"id": "b"})
    with database.reading_alone() as alone:
        # Whoever still read an older moment would be in the way.
        assert alone.read("PRAGMA wal_checkpoint(TRUNCATE)")[0][0] == 0


def test_a_savepoint_without_a_write_costs_nothing(storage, performed):
    with units.unit_of_work() as unit:
        storage.lock_parent(*PLACE)
        for _ in range(10):
            unit.savepoint()
        storage.get_many([(*PLACE, "a")])
    assert control(performed) == ["BEGIN IMMEDIATE", "COMMIT"]


def test_savepoints_with_no_write_between_them_share_one(storage, performed):
    with units.unit_of_work() as unit:
        storage.create(*PLACE, {"id": "kept"})
        first, second = unit.savepoint(), unit.savepoint()
        storage.create(*PLACE, {"id": "undone"})
        second.rollback()
        storage.create(*PLACE, {"id": "undone too"})
        first.rollback()
    assert len([text for text in performed if text.startswith("SAVEPOINT")]) == 1
    assert [obj["id"] for obj in storage.list_all(*PLACE)] == ["kept"]


def test_a_rolled_back_savepoint_restores_the_clock_and_what_is_remembered(storage):
    with units.unit_of_work() as unit:
        before = storage.create(*PLACE, {"id": "a", "n": 1})
        savepoint = unit.savepoint()
        storage.update(*PLACE, "a", {"n": 2, "last_modified": before["last_modified"] + 1000})
        savepoint.rollback()
        assert storage.get(*PLACE, "a") == before
        assert storage.resource_timestamp(*PLACE) == before["last_modified"]
    assert storage.resource_timestamp(*PLACE) == before["last_modified"]


def test_a_savepoint_made_before_the_first_write_undoes_it(storage):
    with units.unit_of_work() as unit:
        storage.get_many([(*PLACE, "a")])
        savepoint = unit.savepoint()
        storage.create(*PLACE, {"id": "a"})
        savepoint.rollback()
        assert storage.get_many([(*PLACE, "a")]) == [None]
        storage.create(*PLACE, {"id": "b"})
    assert [obj["id"] for obj in storage.list_all(*PLACE)] == ["b"]


def test_nested_savepoints_are_undone_from_the_inside(storage):
    with units.unit_of_work() as unit:
        outer = unit.savepoint()
        storage.create(*PLACE, {"id": "a"})
        inner = unit.savepoint()
        storage.create(*PLACE, {"id": "b"})
        inner.rollback()
        assert [obj["id"] for obj in storage.list_all(*PLACE)] == ["a"]
        storage.create(*PLACE, {"id": "c"})
        outer.rollback()
    assert storage.list_all(*PLACE) == []


def test_permissions_are_undone_with_the_storage(storage, permission):
    with units.unit_of_work() as unit:
        permission.replace_object_permissions("/a", {"write": ["ann"]})
        savepoint = unit.savepoint()
        permission.replace_object_permissions("/a", {"write": ["eve"]})
        permission.delete_object_permissions("/a*")
        savepoint.rollback()
        assert permission.get_object_permissions("/a") == {"write": {"ann"}}
    assert permission.get_object_permissions("/a") == {"write": {"ann"}}


def test_the_clock_of_a_list_is_written_once_in_a_unit(storage):
    with recorded_statements() as statements, units.unit_of_work():
        for number in range(10):
            storage.create(*PLACE, {"n": number})
    assert len([text for text in statements if "INTO timestamps" in text]) == 1


def test_a_refused_write_leaves_the_clock_alone(storage):
    storage.create(*PLACE, {"id": "a"})
    before = storage.resource_timestamp(*PLACE)
    with units.unit_of_work(), pytest.raises(UnicityError):
        storage.create(*PLACE, {"id": "a"})
    assert storage.resource_timestamp(*PLACE) == before


def test_a_constraint_is_an_integrity_error_and_the_unit_goes_on(storage):
    with units.unit_of_work():
        storage.create(*PLACE, {"id": "a", "last_modified": 1000})
        storage.create(*PLACE, {"id": "b", "last_modified": 2000})
        with pytest.raises(IntegrityError):
            storage.create(*PLACE, {"id": "c", "last_modified": 1000})
    assert {obj["id"] for obj in storage.list_all(*PLACE)} == {"a", "b"}


def test_an_exception_undoes_the_unit_and_frees_the_lock(storage):
    with pytest.raises(ZeroDivisionError), units.unit_of_work():
        storage.create(*PLACE, {"id": "a"})
        raise ZeroDivisionError
    assert storage.list_all(*PLACE) == []
    storage.create(*PLACE, {"id": "b"})


def failing(text, error):
    execute = execution.execute

    def fail(connection, sql, parameters=()):
        if sql.strip().startswith(text):
            raise error
        return execute(connection, sql, parameters)

    return mock.patch.object(execution, "execute", side_effect=fail)


@pytest.mark.parametrize("text", ["BEGIN IMMEDIATE", "INSERT INTO objects", "COMMIT"])
def test_a_failure_of_the_disk_is_a_backend_error_and_frees_the_lock(storage, text):
    with failing(text, sqlite3.OperationalError("database or disk is full")):
        with pytest.raises(BackendError), units.unit_of_work():
            storage.create(*PLACE, {"id": "a"})
        with pytest.raises(BackendError):
            storage.create(*PLACE, {"id": "a"})
    assert storage.list_all(*PLACE) == []
    storage.create(*PLACE, {"id": "a"})


def test_nothing_is_written_after_the_database_gave_up_the_transaction(storage):
    def give_up(connection, sql, parameters=()):
        if sql.strip().startswith("INSERT INTO objects"):
            connection.execute("ROLLBACK")
            raise sqlite3.OperationalError("database or disk is full")
        return execute(connection, sql, parameters)

    execute = execution.execute
    with pytest.raises(BackendError), units.unit_of_work():
        storage.lock_parent(*PLACE)
        with (
            mock.patch.object(execution, "execute", side_effect=give_up),
            pytest.raises(BackendError),
        ):
            storage.create(*PLACE, {"id": "a"})
        with pytest.raises(BackendError):
            storage.create(*PLACE, {"id": "b"})
    assert storage.list_all(*PLACE) == []
    storage.create(*PLACE, {"id": "c"})


def test_waiting_too_long_for_another_process_is_a_backend_error(storage, path):
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with (
            mock.patch.object(execution, "WAIT_SECONDS", 0.05),
            pytest.raises(BackendError, match="locked"),
        ):
            storage.create(*PLACE, {"id": "a"})
        storage.get_many([(*PLACE, "a")])  # readers do not wait for writers
    finally:
        other.execute("ROLLBACK")
        other.close()
    storage.create(*PLACE, {"id": "a"})


def test_waiting_too_long_for_another_thread_is_a_backend_error(storage, database):
    assert database.turns.acquire(0)
    try:
        with (
            mock.patch.object(execution, "WAIT_SECONDS", 0.05),
            pytest.raises(BackendError, match="locked"),
        ):
            storage.create(*PLACE, {"id": "a"})
    finally:
        database.turns.release()
    storage.create(*PLACE, {"id": "a"})
