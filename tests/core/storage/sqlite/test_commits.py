"""Writers that share a commit: all of it is on the disk before anybody is told, or nothing is."""

import sqlite3
import threading
import time
from unittest import mock

import pytest

from kinto.core.runtime import units
from kinto.core.storage.exceptions import BackendError
from kinto.core.storage.sqlite import execution

PLACE = ("record", "/buckets/b/collections/c")
PATIENCE = 20.0


class Writer(threading.Thread):
    """A request that writes one object, and does `last` before its commit."""

    def __init__(self, storage, name, *, last=lambda: None, may_wait=True):
        super().__init__(name=name, daemon=True)
        self._storage, self._last, self._may_wait = storage, last, may_wait
        self.writes = threading.Event()
        self.raised = None
        self.start()

    def run(self):
        try:
            with units.unit_of_work() as unit:
                unit.may_wait = self._may_wait
                self._storage.create(*PLACE, {"id": self.name})
                self.writes.set()
                self._last()
        except Exception as error:
            self.raised = error

    def end(self):
        self.join(PATIENCE)
        assert not self.is_alive()
        return self.raised


@pytest.fixture
def queue(storage, database):
    """Starts writers, each when the one before waits for its turn; the first waits for all."""
    storage.create(*PLACE, {"id": "zero"})

    def start(*described):
        go = threading.Event()
        writers = []
        for number, options in enumerate(described):
            if number == 0:
                options = {**options, "last": lambda: go.wait(PATIENCE)}
            writers.append(Writer(storage, f"w{number}", **options))
            if number == 0:
                assert writers[0].writes.wait(PATIENCE)
            deadline = time.monotonic() + PATIENCE
            while len(database.turns._waiting) < number and time.monotonic() < deadline:
                time.sleep(0.001)
        go.set()
        return [writer.end() for writer in writers]

    return start


@pytest.fixture
def commits():
    """Every COMMIT given to the client library."""
    seen = []
    execute = execution.execute

    def spy(connection, sql, parameters=()):
        if sql == "COMMIT":
            seen.append(connection)
        return execute(connection, sql, parameters)

    with mock.patch.object(execution, "execute", side_effect=spy):
        yield seen


def stored(storage):
    return {obj["id"] for obj in storage.list_all(*PLACE)} - {"zero"}


def fail():
    raise ZeroDivisionError


def failing(text, *, undo=False):
    execute = execution.execute

    def refuse(connection, sql, parameters=()):
        if sql == text:
            if undo:
                connection.execute("ROLLBACK")
            raise sqlite3.OperationalError("disk I/O error")
        return execute(connection, sql, parameters)

    return mock.patch.object(execution, "execute", side_effect=refuse)


def test_writers_that_wait_for_each_other_share_a_commit(storage, queue, commits):
    del commits[:]
    assert queue({}, {}, {}) == [None, None, None]
    assert len(commits) == 1
    assert stored(storage) == {"w0", "w1", "w2"}
    timestamps = [obj["last_modified"] for obj in storage.list_all(*PLACE)]
    assert storage.resource_timestamp(*PLACE) == max(timestamps)
    assert len(set(timestamps)) == 4


def test_who_fails_undoes_no_more_than_its_own(storage, queue):
    raised = queue({}, {"last": fail}, {})
    assert [type(each) for each in raised] == [type(None), ZeroDivisionError, type(None)]
    assert stored(storage) == {"w0", "w2"}


def test_the_last_one_commits_for_the_others_even_when_it_fails(storage, queue):
    raised = queue({}, {"last": fail})
    assert raised[0] is None
    assert stored(storage) == {"w0"}


def test_a_commit_that_fails_is_told_to_all(storage, queue):
    with failing("COMMIT"):
        raised = queue({}, {}, {})
    assert [type(each) for each in raised] == [BackendError] * 3
    assert stored(storage) == set()


@pytest.mark.parametrize("text", ["COMMIT", "SAVEPOINT writer"])
def test_a_transaction_that_the_database_undoes_is_told_to_all(storage, queue, text):
    with failing(text, undo=True):
        raised = queue({}, {})
    assert [type(each) for each in raised] == [BackendError] * 2
    assert stored(storage) == set()


def test_who_cannot_begin_commits_what_was_left(storage, queue):
    with failing("SAVEPOINT writer"):
        raised = queue({}, {})
    assert [type(each) for each in raised] == [type(None), BackendError]
    assert stored(storage) == {"w0"}


def test_a_unit_that_may_not_wait_commits_by_itself(storage, queue, commits):
    del commits[:]
    assert queue({"may_wait": False}, {}) == [None, None]
    assert len(commits) == 2


def test_a_savepoint_goes_back_to_the_own_part_only(storage, queue):
    def undo():
        mark = units.current().savepoint()
        storage.create(*PLACE, {"id": "undone"})
        mark.rollback()

    assert queue({}, {"last": undo}, {"last": undo}) == [None, None, None]
    assert stored(storage) == {"w0", "w1", "w2"}


def test_the_connections_are_all_given_back(storage, queue, database):
    queue({}, {"last": fail}, {}, {})
    assert database.left is None
    assert len(database._idle) == len(database._open)
    storage.create(*PLACE, {"id": "later"})
