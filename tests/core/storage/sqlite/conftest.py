"""An SQLite file for each test, and both backends on it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import kinto
from kinto.core.permission.sqlite import Permission
from kinto.core.storage.sqlite import Storage
from kinto.core.storage.sqlite.client import database_at


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "kinto.sqlite")


@pytest.fixture
def database(path):
    database = database_at(path)
    yield database
    database.close()


@pytest.fixture
def storage(database):
    storage = Storage(database)
    storage.initialize_schema()
    return storage


@pytest.fixture
def permission(database):
    permission = Permission(database)
    permission.initialize_schema()
    return permission


@pytest.fixture
def start_python():
    """`start_python(source, *arguments)`: a process of its own; it is ended with the test."""
    processes = []
    root = str(Path(kinto.__file__).parent.parent)

    def start(source, *arguments):
        process = subprocess.Popen(
            [sys.executable, "-c", source, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": root},
            text=True,
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate(timeout=10)
