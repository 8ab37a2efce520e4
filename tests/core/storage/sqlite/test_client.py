"""Addresses, files, connections and forks."""

import os
import sqlite3
import stat
import threading

import pytest

from kinto.core.runtime import units
from kinto.core.storage.exceptions import BackendError
from kinto.core.storage.sqlite import Storage
from kinto.core.storage.sqlite.client import Database, database_at, path_of

PLACE = ("record", "/buckets/b/collections/c")


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:////var/lib/kinto.db", "/var/lib/kinto.db"),
        ("sqlite:///kinto.db", "{here}/kinto.db"),
        ("sqlite:///data/kinto.db", "{here}/data/kinto.db"),
        ("kinto.db", "{here}/kinto.db"),
        ("/var/lib/kinto.db", "/var/lib/kinto.db"),
    ],
)
def test_an_address_names_a_file(url, path, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert path_of(url) == path.format(here=os.path.realpath(tmp_path))


@pytest.mark.parametrize(
    "url", ["", "sqlite://", "sqlite:///", "sqlite:///:memory:", ":memory:", "postgresql://h/db"]
)
def test_an_address_without_a_file_is_refused(url):
    with pytest.raises(ValueError, match="SQLite"):
        path_of(url)


def test_two_addresses_of_one_file_are_one_database(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link.db").symlink_to(tmp_path / "kinto.db")
    (tmp_path / "kinto.db").touch()
    databases = {
        database_at(url) for url in ("kinto.db", "sqlite:///kinto.db", "link.db", "./kinto.db")
    }
    assert len(databases) == 1


def test_the_file_and_its_journals_belong_to_their_owner_alone(storage, path):
    storage.create(*PLACE, {})
    for name in (path, f"{path}-wal", f"{path}-shm"):
        assert stat.S_IMODE(os.stat(name).st_mode) == 0o600


def test_a_write_is_on_the_disk_when_it_is_acknowledged(storage, database):
    with database.reading() as session:
        assert session.read("PRAGMA synchronous") == [(2,)]
        assert session.read("PRAGMA journal_mode") == [("wal",)]


def test_tables_are_made_at_first_use(path):
    storage = Storage(Database(path))
    assert not os.path.exists(path)
    assert storage.list_all(*PLACE) == []
    storage.database.close()


def test_tables_are_made_again_when_the_file_was_taken_away(storage, database, path):
    storage.create(*PLACE, {})
    database.close()
    for name in (path, f"{path}-wal", f"{path}-shm"):
        if os.path.exists(name):
            os.unlink(name)
    assert storage.list_all(*PLACE) == []


def test_a_missing_folder_is_a_backend_error(tmp_path):
    storage = Storage(Database(str(tmp_path / "nowhere" / "kinto.db")))
    with pytest.raises(BackendError):
        storage.list_all(*PLACE)


def test_a_file_that_is_no_database_is_a_backend_error(path):
    with open(path, "wb") as file:
        file.write(b"This is not a database, and it is longer than a header." * 100)
    with pytest.raises(BackendError):
        Storage(Database(path)).list_all(*PLACE)


def test_connections_are_used_again(storage, database):
    for _ in range(10):
        storage.list_all(*PLACE)
    assert len(database._idle) == 1


def test_a_child_process_uses_none_of_the_connections_of_its_parent(storage, database):
    storage.create(*PLACE, {"id": "parent"})
    unit = units.UnitOfWork()
    units.bind(unit)
    storage.get(*PLACE, "parent")  # a connection is in use during the fork
    child = os.fork()
    if child == 0:
        status = 1
        try:
            units.bind(None)
            unit.abort()
            assert not database._idle
            storage.create(*PLACE, {"id": "child"})
            assert storage.get(*PLACE, "parent")
            status = 0
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    storage.create(*PLACE, {"id": "after"})
    units.bind(None)
    unit.commit()
    assert {obj["id"] for obj in storage.list_all(*PLACE)} >= {"parent", "child"}


def test_a_child_forked_while_a_thread_writes_is_not_blocked(storage, database):
    locked, done = threading.Event(), threading.Event()

    def write():
        with units.unit_of_work():
            storage.lock_parent(*PLACE)
            locked.set()
            done.wait(5)

    thread = threading.Thread(target=write)
    thread.start()
    locked.wait(5)
    child = os.fork()
    if child == 0:
        os._exit(0 if database.turns.acquire(0.1) else 1)
    done.set()
    thread.join(5)
    assert os.waitpid(child, 0)[1] == 0


STARTER = """
import sys
from kinto.core.storage.sqlite import Storage
from kinto.core.permission.sqlite import Permission
from kinto.core.storage.sqlite.client import database_at
database = database_at(sys.argv[1])
storage, permission = Storage(database), Permission(database)
sys.stdin.readline()
for number in range(20):
    storage.create("record", "/p", {"from": sys.argv[2]})
    permission.add_user_principal(sys.argv[2], str(number))
"""


def test_processes_that_start_together_make_the_tables_once(path, start_python):
    processes = [start_python(STARTER, path, str(number)) for number in range(3)]
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    for process in processes:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
    database = Database(path)
    assert Storage(database).count_all("record", "/p") == 60
    database.close()


def test_a_file_of_a_newer_release_is_refused(path):
    storage = Storage(Database(path))
    storage.list_all(*PLACE)
    storage.database.close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE metadata SET value = '99' WHERE name = 'storage_schema_version'")
    connection.close()
    with pytest.raises(BackendError, match="newer release"):
        Storage(Database(path)).list_all(*PLACE)


def test_a_dry_run_makes_nothing(path):
    Storage(Database(path)).initialize_schema(dry_run=True)
    assert not os.path.exists(path)
