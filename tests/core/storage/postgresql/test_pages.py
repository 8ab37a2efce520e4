"""Pages that are kept: given again only as long as their list is what it was."""

from __future__ import annotations

from unittest import mock

import pytest

from kinto.core.protocol.terms import COMPARISON, Filter, Sort
from kinto.core.runtime import clock, json, units
from kinto.core.storage import postgresql as storage
from kinto.core.storage.postgresql import pages, session
from tests import databases
from tests.core.storage.postgresql.helpers import config

PLACE = ("record", "/buckets/b/collections/c")
BY_N = [Sort("n", 1)]


@pytest.fixture(scope="module")
def url():
    return databases.database_url()


@pytest.fixture
def made(url):
    backend = storage.load_from_config(config(storage_url=url))
    backend.initialize_schema()
    backend.flush()
    for number in range(3):
        backend.create(*PLACE, {"id": f"r{number}", "n": number})
    return backend


@pytest.fixture
def another(url):
    """Another process: its sessions know nothing of those of the first."""
    return storage.load_from_config(config(storage_url=f"{url}?application_name=another"))


@pytest.fixture
def statements():
    seen = []
    session.statement_listeners.append(seen.append)
    yield seen
    session.statement_listeners.remove(seen.append)


def listed(backend, **asked):
    """The values of `n`, asked for as a request does: the version comes first."""
    asked = {"sorting": BY_N, "limit": 10, **asked}
    with units.unit_of_work():
        backend.expect([], timestamp_of=PLACE)
        with backend.database.reading() as open_session:
            open_session.read_with_companion("SELECT '', '', ''", [])
        page = backend.list_page_json(*PLACE, **asked)
    return [obj["n"] for obj in json.loads_trusted(b"[" + b",".join(page.pieces) + b"]")]


def test_a_page_is_not_read_twice(made, statements):
    assert listed(made) == listed(made) == [0, 1, 2]
    statements.clear()
    assert listed(made) == [0, 1, 2]
    assert len(statements) == 1  # of the version


CHANGES = {
    "created": lambda other: other.create(*PLACE, {"id": "r3", "n": 3}),
    "replaced": lambda other: other.update(*PLACE, "r1", {"n": 7}),
    "deleted": lambda other: other.delete(*PLACE, "r0"),
    "deleted without trace": lambda other: other.delete(*PLACE, "r0", with_deleted=False),
    "all deleted": lambda other: other.delete_all(*PLACE),
    "all deleted in a cascade": lambda other: other.delete_all(None, "/buckets/b/*"),
    "gone in a cascade": lambda other: other.delete_all(None, "/buckets/b/*", with_deleted=False),
    "written in the past": lambda other: other.create(
        *PLACE, {"id": "r3", "n": 3, "last_modified": 1000}
    ),
    "moved to the past": lambda other: other.update(*PLACE, "r1", {"n": 7, "last_modified": 1000}),
    "trimmed": lambda other: other.trim_objects(*PLACE, [], 1),
    "flushed": lambda other: other.flush(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_another_process_changes_is_seen(made, another, change):
    assert listed(made) == [0, 1, 2]
    change(another)
    now = sorted(obj["n"] for obj in another.list_all(*PLACE))
    assert listed(made) == now != [0, 1, 2]


def test_changes_that_leave_the_timestamp_as_it_is_are_told_apart(made, another):
    before = made.resource_timestamp(*PLACE)
    for number in range(3, 6):
        another.create(*PLACE, {"id": f"r{number}", "n": number, "last_modified": number})
        assert listed(made) == list(range(number + 1))
        assert made.resource_timestamp(*PLACE) == before


def test_a_write_that_was_undone_changes_nothing(made, another):
    assert listed(made) == [0, 1, 2]
    with pytest.raises(RuntimeError), units.unit_of_work():
        another.create(*PLACE, {"id": "r3", "n": 3})
        raise RuntimeError
    assert listed(made) == [0, 1, 2]


def test_a_unit_sees_what_it_wrote_and_others_do_not(made, another):
    assert listed(made) == [0, 1, 2]
    with units.unit_of_work():
        made.create(*PLACE, {"id": "r3", "n": 3})
        page = made.list_page_json(*PLACE, sorting=BY_N, limit=10)
        assert b'"n":3' in b"".join(page.pieces)
    assert listed(made) == [0, 1, 2, 3]


def test_other_questions_have_other_answers(made):
    made.create(*PLACE, {"id": "r3", "n": True})
    assert listed(made, limit=1) == [0]
    assert listed(made, sorting=[Sort("n", -1)], limit=1) == [True]
    for value in (1, True, "1"):
        filters = [Filter("n", value, COMPARISON.EQ)]
        found = listed(made, filters=filters)
        assert [type(n) for n in found] == ([type(value)] if value != "1" else [])
    assert listed(made, only_ids=["r2"]) == [2]
    assert len(listed(made)) == 4


def test_a_page_is_kept_for_a_minute(made, statements):
    listed(made)
    later = clock.now_ms() + pages.KEPT_MS
    statements.clear()
    with mock.patch.object(clock, "now_ms", return_value=later):
        assert listed(made) == [0, 1, 2]
    assert len(statements) == 2


def test_few_and_small_pages_are_kept(made):
    kept = made.database.pages
    for limit in range(1, 2 * pages.MOST_KEPT):
        listed(made, limit=limit)
        assert len(kept) <= pages.MOST_KEPT
    kept.clear()
    made.create(*PLACE, {"id": "large", "n": 9, "text": "x" * 70_000})
    assert listed(made) == [0, 1, 2, 9]
    assert not kept


def test_a_list_that_was_never_written_is_not_kept(made):
    page = made.list_page_json("record", "/buckets/b/collections/never", limit=10)
    assert (page.pieces, page.more) == ([], False)
    assert not made.database.pages
