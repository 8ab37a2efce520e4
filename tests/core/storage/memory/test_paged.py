"""Pages that are kept until their list changes."""

from __future__ import annotations

import pytest

from kinto.core.protocol.terms import COMPARISON, Filter, Sort
from kinto.core.runtime import json, units
from kinto.core.storage.memory import Storage, store

PARENT = "/buckets/b/collections/c"
NEWEST = [Sort("last_modified", -1)]


@pytest.fixture
def storage():
    made = Storage()
    for number in range(4):
        made.create("record", PARENT, {"id": f"r{number}", "n": number, "odd": number % 2 == 1})
    return made


@pytest.fixture
def selections(monkeypatch):
    """How often rows were looked at."""
    seen = []
    usual = Storage._select

    def counting(*args, **kwargs):
        seen.append(args)
        return usual(*args, **kwargs)

    monkeypatch.setattr(store.Storage, "_select", counting)
    return seen


def page(storage, *filters, parent=PARENT, **asked):
    asked = {"sorting": NEWEST, "limit": 2, **asked}
    found = storage.list_page_json("record", parent, filters=list(filters), **asked)
    objects = json.loads_trusted(b"[" + b"".join(found.pieces) + b"]")
    assert found.timestamp == storage.resource_timestamp("record", parent)
    return [obj["id"] for obj in objects], found.more


def test_a_page_is_made_once_for_an_unchanged_list(storage, selections):
    assert [page(storage), page(storage), page(storage)] == [(["r3", "r2"], True)] * 3
    assert len(selections) == 1


def test_every_write_is_in_the_next_page(storage):
    assert page(storage) == (["r3", "r2"], True)
    storage.create("record", PARENT, {"id": "new"})
    assert page(storage) == (["new", "r3"], True)
    storage.update("record", PARENT, "r0", {"n": 9})
    assert page(storage) == (["r0", "new"], True)
    storage.delete("record", PARENT, "new")
    assert page(storage) == (["r0", "r3"], True)
    storage.delete_all("record", PARENT)
    assert page(storage) == ([], False)


def test_what_is_undone_leaves_no_page_behind(storage):
    assert page(storage) == (["r3", "r2"], True)
    unit = units.UnitOfWork()
    units.bind(unit)
    try:
        storage.create("record", PARENT, {"id": "undone"})
        assert page(storage) == (["undone", "r3"], True)
    finally:
        units.bind(None)
        unit.abort()
    assert page(storage) == (["r3", "r2"], True)


def test_values_that_are_equal_in_python_only_have_pages_of_their_own(storage):
    assert page(storage, Filter("odd", True, COMPARISON.EQ)) == (["r3", "r1"], False)
    assert page(storage, Filter("odd", 1, COMPARISON.EQ)) == ([], False)
    assert page(storage, Filter("n", 1, COMPARISON.EQ)) == (["r1"], False)
    assert page(storage, Filter("n", True, COMPARISON.EQ)) == ([], False)
    assert page(storage, Filter("n", [1, 2], COMPARISON.IN)) == (["r2", "r1"], False)
    assert page(storage, Filter("n", [True, 2], COMPARISON.IN)) == (["r2"], False)


def test_each_order_limit_and_list_has_pages_of_its_own(storage):
    storage.create("record", f"{PARENT}2", {"id": "other"})
    for _ in range(2):
        assert page(storage) == (["r3", "r2"], True)
        assert page(storage, limit=3) == (["r3", "r2", "r1"], True)
        assert page(storage, sorting=[Sort("n", 1)]) == (["r0", "r1"], True)
        assert page(storage, parent=f"{PARENT}2") == (["other"], False)
        assert page(storage, parent=f"{PARENT}3") == ([], False)
        assert page(storage, only_ids=["r1"]) == (["r1"], False)
        after = [[Filter("n", 2, COMPARISON.LT)]]
        assert page(storage, pagination_rules=after) == (["r1", "r0"], False)


def test_tombstones_are_looked_for_each_time(storage):
    since = Filter("last_modified", 0, COMPARISON.GT)
    assert page(storage, since, include_deleted=True) == (["r3", "r2"], True)
    storage.delete("record", PARENT, "r2")
    assert page(storage, since, include_deleted=True) == (["r2", "r3"], True)
    storage.purge_deleted("record", PARENT)
    assert page(storage, since, include_deleted=True) == (["r3", "r1"], True)


def test_large_pages_and_many_pages_are_not_kept(storage, selections):
    storage.update("record", PARENT, "r0", {"text": "x" * 70_000})
    del selections[:]
    page(storage), page(storage)
    assert len(selections) == 2
    for limit in range(1, 50):
        page(storage, Filter("n", 1, COMPARISON.EQ), limit=limit)
    assert len(storage._live("record", PARENT).pages) <= 8
