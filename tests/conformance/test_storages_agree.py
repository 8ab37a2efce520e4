"""The storages of this package give the same answers to any sequence of calls.

Memory is the simplest one, so it is the oracle of the others; time stands still but for what the
sequence says, and ids are given, so that answers can be compared whole.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from hypothesis import given, settings
from hypothesis import strategies as st
from pyramid import testing

import kinto.core.utils  # noqa: F401 - the name that the clock looks up is replaced
from kinto.core.protocol.terms import COMPARISON, Filter, Sort
from kinto.core.runtime import units
from kinto.core.storage import memory, redis, sqlite
from kinto.core.storage.exceptions import BackendError, RecordNotFoundError
from tests.redis_server import redis_url

START = 1_700_000_000_000

PARENTS = ["", "/buckets/b", "/buckets/a_b", "/buckets/b/collections/c", "other"]
PATTERNS = [*PARENTS, "/buckets/b/*", "/buckets/a_b/*", "*", "/buckets/*", "o*r"]
NAMES = ["bucket", "collection", "record"]
IDS = ["b", "c", "a_b", "x"]

names, parents, ids = st.sampled_from(NAMES), st.sampled_from(PARENTS), st.sampled_from(IDS)
patterns, maybe_names = st.sampled_from(PATTERNS), st.sampled_from([None, *NAMES])
times = st.one_of(st.none(), st.integers(START - 5, START + 40), st.sampled_from([True, "1", 0]))
values = st.sampled_from([None, "a", "B", "é", 1, 1.0, 2, True, [], [1], ["a", 1], {}, {"k": 1}])
bodies = st.fixed_dictionaries({}, optional={"v": values, "w": values})
filters = st.lists(
    st.one_of(
        st.builds(
            Filter,
            st.sampled_from(["v", "w", "v.k", "deleted"]),
            values,
            st.sampled_from([getattr(COMPARISON, n) for n in ("EQ", "NOT", "LT", "MAX", "GT")]),
        ),
        st.builds(
            Filter,
            st.just("last_modified"),
            st.integers(START - 5, START + 40),
            st.sampled_from([getattr(COMPARISON, n) for n in ("EQ", "NOT", "LT", "MIN", "GT")]),
        ),
        st.builds(Filter, st.just("id"), st.lists(ids), st.just(COMPARISON.IN)),
        st.builds(Filter, st.sampled_from("vw"), st.booleans(), st.just(COMPARISON.HAS)),
    ),
    max_size=2,
)
# The order is total for a list, so that what a limit keeps is known.
sortings = st.lists(st.sampled_from([Sort(f, d) for f in ("v", "w", "id") for d in (1, -1)])).map(
    lambda chosen: [*chosen, Sort("last_modified", -1)]
)
limits = st.one_of(st.none(), st.integers(0, 4))
only = st.one_of(st.none(), st.lists(ids))


def _call(name: str, **arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.tuples(st.just(name), st.fixed_dictionaries(arguments))


one = {"resource_name": names, "parent_id": parents}
reading = {"filters": filters, "sorting": sortings, "limit": limits, "only_ids": only}
calls = st.one_of(
    _call("create", **one, obj=st.tuples(bodies, ids, times)),
    _call("create", **one, obj=st.tuples(bodies, ids, times)),
    _call("update", **one, object_id=ids, obj=st.tuples(bodies, ids, times)),
    _call("delete", **one, object_id=ids, last_modified=times, with_deleted=st.booleans()),
    _call("get", **one, object_id=ids),
    _call("list_page", **one, **reading, include_deleted=st.booleans()),
    _call(
        "list_page",
        **one,
        **reading,
        pagination_rules=st.lists(filters, max_size=2),
        include_deleted=st.booleans(),
    ),
    _call("count_all", **one, filters=filters, only_ids=only, include_deleted=st.booleans()),
    _call("delete_all", **one, **reading, with_deleted=st.booleans()),
    _call(
        "delete_all",
        resource_name=maybe_names,
        parent_id=patterns,
        sorting=st.just([Sort("id", 1), Sort("last_modified", -1)]),
        with_deleted=st.booleans(),
    ),
    _call("purge_deleted", resource_name=maybe_names, parent_id=patterns),
    _call("purge_deleted", **one, before=st.integers(START, START + 40)),
    _call("purge_deleted", **one, max_retained=st.integers(0, 2)),
    _call("trim_objects", **one, filters=filters, max_objects=st.integers(0, 3)),
    _call("resource_timestamp", **one),
    _call("all_resources_timestamps", resource_name=names),
)
steps = st.lists(st.tuples(st.integers(0, 3), calls), min_size=1, max_size=25)
endings = st.sampled_from(["commit", "abort", "savepoint", "alone"])


class _Abort(Exception):
    pass


@given(groups=st.lists(st.tuples(endings, steps), max_size=4))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_the_storages_agree(groups: list[Any]) -> None:
    answers = []
    for backend in (memory, sqlite, redis):
        clock = mock.Mock(return_value=START)
        with mock.patch("kinto.core.utils.msec_time", clock), _storage(backend) as storage:
            answers.append([_run(storage, clock, *group) for group in groups] + _all(storage))
    assert answers[1] == answers[0]
    assert answers[2] == answers[0]


@contextmanager
def _storage(backend: Any) -> Iterator[Any]:
    with tempfile.TemporaryDirectory() as folder:
        url = redis_url() if backend is redis else f"sqlite:///{folder}/kinto.sqlite"
        config = testing.setUp(settings={"storage_url": url})
        storage = backend.load_from_config(config)
        storage.initialize_schema()
        yield storage
        if backend is sqlite:
            storage.database.close()
        testing.tearDown()


def _run(storage: Any, clock: mock.Mock, ending: str, group: list[Any]) -> list[Any]:
    if ending == "alone":
        return [_answer(storage, clock, *step) for step in group]
    try:
        with units.unit_of_work() as unit:
            found = [_answer(storage, clock, *step) for step in group[:5]]
            if ending == "savepoint":
                savepoint = unit.savepoint()
            found += [_answer(storage, clock, *step) for step in group[5:]]
            if ending == "savepoint":
                savepoint.rollback()
            if ending == "abort":
                raise _Abort
    except _Abort:
        pass
    return found


def _answer(storage: Any, clock: mock.Mock, elapsed: int, call: Any) -> Any:
    clock.return_value += elapsed
    name, arguments = call
    arguments = dict(arguments)
    if "obj" in arguments:
        body, object_id, last_modified = arguments["obj"]
        arguments["obj"] = {**body, "id": object_id}
        if last_modified is not None:
            arguments["obj"]["last_modified"] = last_modified
    if name == "delete" and not isinstance(arguments["last_modified"], int):
        arguments["last_modified"] = None
    try:
        found = getattr(storage, name)(**arguments)
    except (RecordNotFoundError, BackendError, ValueError) as error:
        return type(error).__name__
    if name == "delete_all":
        # In the order asked for, but for the objects of different parents.
        found.sort(key=repr)
    if isinstance(found, dict) and name == "all_resources_timestamps":
        return found
    # The text tells 1 from 1.0 and from true.
    return repr(found)


def _all(storage: Any) -> list[Any]:
    """Everything that is stored."""
    found: list[Any] = []
    for name in NAMES:
        found.append(storage.all_resources_timestamps(name))
        for parent_id in PARENTS:
            sorting = [Sort("last_modified", 1)]
            page = storage.list_page(name, parent_id, sorting=sorting, include_deleted=True)
            found.append(page)
    return found
