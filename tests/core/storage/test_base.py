"""The contract, and what a backend that only has the required methods gets for free."""

from unittest import mock

import pytest

from kinto.core.protocol.terms import COMPARISON, Filter
from kinto.core.storage import StorageBase
from kinto.core.storage.exceptions import ObjectNotFoundError
from kinto.core.storage.memory import MemoryBasedStorage

LIST = ("record", "/c")

REQUIRED = [
    ("initialize_schema", ()),
    ("flush", ()),
    ("resource_timestamp", LIST),
    ("all_resources_timestamps", ("record",)),
    ("create", (*LIST, {})),
    ("get", (*LIST, "id")),
    ("update", (*LIST, "id", {})),
    ("delete", (*LIST, "id")),
    ("delete_all", LIST),
    ("purge_deleted", LIST),
    ("list_all", LIST),
    ("count_all", LIST),
    ("trim_objects", (*LIST, [], 1)),
]


@pytest.mark.parametrize(("method", "arguments"), REQUIRED)
def test_required_methods_are_not_implemented(method, arguments):
    with pytest.raises(NotImplementedError):
        getattr(StorageBase(), method)(*arguments)


def test_backends_in_memory_keep_their_timestamps_themselves():
    MemoryBasedStorage().initialize_schema()
    with pytest.raises(NotImplementedError):
        MemoryBasedStorage().bump_and_store_timestamp(*LIST)


class OldBackend(StorageBase):
    """As third parties wrote them: it knows no `only_ids`."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def resource_timestamp(self, resource_name, parent_id):
        self.calls.append("timestamp")
        return 42

    def get(self, resource_name, parent_id, object_id, id_field="id", modified_field=None):
        if object_id == "missing":
            raise ObjectNotFoundError(object_id)
        return {"id": object_id, "in": parent_id}

    def list_all(self, resource_name, parent_id, filters=None, **kwargs):
        assert "only_ids" not in kwargs
        self.calls.append((filters, kwargs))
        return ["objects"]

    def count_all(self, resource_name, parent_id, filters=None, **kwargs):
        self.calls.append((filters, kwargs))
        return 7


def test_get_many_asks_for_one_after_the_other():
    found = OldBackend().get_many([("record", "/c", "a"), ("record", "/d", "missing")])
    assert found == [{"id": "a", "in": "/c"}, None]


def test_list_page_reads_the_timestamp_before_the_list():
    backend = OldBackend()
    assert backend.list_page(*LIST, limit=3) == (42, ["objects"])
    assert backend.calls[0] == "timestamp"
    assert backend.calls[1][1]["limit"] == 3


def test_list_page_narrows_an_old_backend_with_a_filter():
    backend = OldBackend()
    own = Filter("n", 1, COMPARISON.EQ)
    backend.list_page(*LIST, filters=[own], only_ids={"a"})
    assert backend.calls[1][0] == [own, Filter("id", ["a"], COMPARISON.IN)]


def test_locks_and_hints_may_be_ignored():
    assert OldBackend().lock_parent(*LIST) is None
    assert OldBackend().prefetch([]) is None
    assert OldBackend.supports_only_ids is False


def test_get_all_counts_without_what_does_not_change_the_count():
    backend = OldBackend()
    with pytest.warns(DeprecationWarning, match="Use either self.list_all"):
        found = backend.get_all(*LIST, limit=1, sorting=[], include_deleted=True, id_field="id")
    assert found == (["objects"], 7)
    assert backend.calls[0] == (
        None,
        {"limit": 1, "sorting": [], "include_deleted": True} | {"id_field": "id"},
    )
    assert backend.calls[1] == (None, {"id_field": "id"})


def test_get_all_keeps_positional_filters_for_the_count():
    backend = OldBackend()
    backend.list_all = mock.Mock(return_value=[])
    with pytest.warns(DeprecationWarning, match="Use either"):
        backend.get_all(*LIST, ["filter"], "sorting")
    backend.list_all.assert_called_once_with(*LIST, ["filter"], "sorting")
    assert backend.calls == [(["filter"], {})]
