"""Pages that are kept with a connection: only as long as nobody has changed the file."""

import json
import sqlite3

import pytest

from kinto.core.protocol.terms import Sort
from kinto.core.runtime import units
from kinto.core.storage.sqlite.client import recorded_statements

PLACE = ("record", "/buckets/b/collections/c")
NEWEST_FIRST = [Sort("last_modified", -1)]


@pytest.fixture
def listed(storage):
    """Ids of a page, and whether its rows were read."""

    def ask(limit=3, **asked):
        with recorded_statements() as statements, units.unit_of_work():
            page = storage.list_page_json(*PLACE, sorting=NEWEST_FIRST, limit=limit, **asked)
        objects = json.loads(b"[" + b"".join(page.pieces) + b"]")
        assert page.timestamp == storage.resource_timestamp(*PLACE)
        return [obj["id"] for obj in objects], any("ORDER BY" in text for text in statements)

    return ask


@pytest.fixture(autouse=True)
def objects(storage):
    for name in "abcd":
        storage.create(*PLACE, {"id": name})


def test_a_page_that_was_read_is_not_read_again(listed):
    assert listed() == (["d", "c", "b"], True)
    assert listed() == (["d", "c", "b"], False)
    assert listed(limit=2) == (["d", "c"], True)
    assert listed(include_deleted=True) == (["d", "c", "b"], True)


@pytest.mark.parametrize("alone", [False, True])
def test_every_write_of_this_process_is_seen(storage, listed, alone):
    listed()
    if alone:
        storage.create(*PLACE, {"id": "e"})
    else:
        with units.unit_of_work():
            storage.create(*PLACE, {"id": "e"})
    assert listed() == (["e", "d", "c"], True)
    storage.delete(*PLACE, "d", with_deleted=False)
    assert listed() == (["e", "c", "b"], True)


def test_an_old_timestamp_that_leaves_the_one_of_the_list_is_seen(storage, listed):
    listed(limit=10)
    storage.create(*PLACE, {"id": "old", "last_modified": 1000})
    assert listed(limit=10)[0][-1] == "old"
    storage.trim_objects(*PLACE, [], 2)
    assert listed(limit=10)[0] == ["d", "c"]


def test_what_other_processes_write_is_seen(listed, path):
    listed()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("DELETE FROM objects WHERE id = 'd'")
    other.close()
    assert listed() == (["c", "b", "a"], True)


def test_a_unit_that_began_before_a_write_keeps_its_moment(storage, listed):
    listed()
    with units.unit_of_work() as unit:
        assert storage.get(*PLACE, "a")["id"] == "a"
        units.bind(None)
        storage.create(*PLACE, {"id": "e"})
        assert listed()[0] == ["e", "d", "c"]
        units.bind(unit)
        page = storage.list_page_json(*PLACE, sorting=NEWEST_FIRST, limit=3)
        assert b'"e"' not in b"".join(page.pieces)
    assert listed()[0] == ["e", "d", "c"]


def test_what_a_unit_writes_and_undoes_is_kept_by_nobody(storage, listed):
    listed()
    with pytest.raises(ZeroDivisionError), units.unit_of_work():
        storage.create(*PLACE, {"id": "e"})
        page = storage.list_page_json(*PLACE, sorting=NEWEST_FIRST, limit=3)
        assert b'"e"' in b"".join(page.pieces)
        raise ZeroDivisionError
    assert listed()[0] == ["d", "c", "b"]
