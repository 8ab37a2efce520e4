"""The functions that other backends are written with: signatures and results are promised."""

import inspect

from kinto.core.protocol.terms import COMPARISON, Filter, Sort
from kinto.core.storage import memory

OBJECTS = [
    {"id": "a", "n": 1, "last_modified": 10},
    {"id": "b", "n": 2, "last_modified": 20},
    {"id": "c", "last_modified": 30, "deleted": True},
    {"id": "d", "n": 3, "last_modified": 40},
]


def ids(objects):
    return [obj["id"] for obj in objects]


def test_the_order_of_the_parameters_of_the_function():
    assert list(inspect.signature(memory.extract_object_set).parameters) == [
        *("objects", "filters", "sorting", "pagination_rules", "limit"),
        *("include_deleted", "id_field", "deleted_field"),
    ]


def test_the_order_of_the_parameters_of_the_method():
    signature = inspect.signature(memory.MemoryBasedStorage().extract_object_set)
    assert list(signature.parameters) == [
        *("objects", "filters", "sorting", "id_field", "deleted_field"),
        *("pagination_rules", "limit", "include_deleted"),
    ]


def test_the_method_and_the_function_select_alike():
    rules = [[Filter("n", 1, COMPARISON.GT)]]
    sorting = [Sort("n", -1)]
    objects, count = memory.extract_object_set(iter(OBJECTS), [], sorting, rules, 2)
    assert (ids(objects), count) == (["c", "d"], 3)
    storage = memory.MemoryBasedStorage()
    found = storage.extract_object_set(OBJECTS, [], sorting, "id", "deleted", rules, 2)
    assert found == (objects, count)


def test_the_count_ignores_pages_and_tombstones():
    filters = [Filter("last_modified", 10, COMPARISON.GT)]
    objects, count = memory.extract_object_set(OBJECTS, filters, [], limit=1)
    assert (ids(objects), count) == (["b"], 2)
    objects, count = memory.extract_object_set(OBJECTS, filters, None, include_deleted=True)
    assert (ids(objects), count) == (["b", "c", "d"], 3)


def test_the_names_of_the_fields_may_differ():
    objects = [{"key": "1", "gone": True}, {"key": "2"}]
    filters = [Filter("key", [1, 2], COMPARISON.IN)]
    found, count = memory.extract_object_set(
        objects, filters, [], id_field="key", deleted_field="gone"
    )
    assert (found, count) == (objects, 1)


def test_filters_and_sorting_apart():
    filters = [Filter("n", 2, COMPARISON.MAX)]
    assert ids(memory.apply_filters(OBJECTS, filters)) == ["a", "b"]
    assert ids(memory.apply_filters(OBJECTS, [])) == ids(OBJECTS)
    assert ids(memory.apply_sorting(OBJECTS, [Sort("n", -1)])) == ["c", "d", "b", "a"]
    assert ids(memory.apply_sorting(OBJECTS, [])) == ids(OBJECTS)


def test_keys_order_values_of_different_types():
    values = [{}, "a", 2, None, [], True, 1.5]
    ordered = sorted(values, key=memory.schwartzian_transform)
    assert ordered == [None, "a", 1.5, 2, True, [], {}]


def test_canonical_json_is_the_same_for_equal_objects():
    assert memory.canonical_json({"b": 1, "a": [2]}) == memory.canonical_json({"a": [2], "b": 1})


def test_a_tree_grows_as_it_is_looked_up():
    tree = memory.tree()
    tree["a"]["b"]["c"] = 1
    assert tree == {"a": {"b": {"c": 1}}}


def bump(timestamp, obj=None, last_modified=None):
    storage = memory.MemoryBasedStorage()
    return storage.bump_timestamp(timestamp, obj, "last_modified", last_modified)


def test_bump_timestamp_follows_the_table():
    future = 10**15
    assert bump(future) == (future + 1, future + 1)
    assert bump(future, {"last_modified": future}) == (future + 1, future + 1)
    assert bump(future, {"last_modified": future + 5}) == (future + 5, future + 5)
    assert bump(future, {"last_modified": 5}) == (5, future)
    assert bump(future, {"last_modified": 5}, future + 9) == (future + 9, future + 9)
    assert bump(future, {"last_modified": True}) == (future + 1, future + 1)
    assert bump(0, {"last_modified": 5}) == (5, 5)
    assert bump(None, {"last_modified": 5}) == (5, 5)


def test_set_object_timestamp_stamps_the_object():
    storage = memory.Storage()
    obj = storage.set_object_timestamp("record", "/c", {"a": 1})
    assert obj["last_modified"] == storage.resource_timestamp("record", "/c")


def test_a_tombstone_keeps_id_and_timestamp():
    storage = memory.MemoryBasedStorage()
    obj = {"id": "a", "last_modified": 3, "secret": 1}
    stripped = storage.strip_deleted_object("record", "/c", obj, "id", "last_modified", "deleted")
    assert stripped == {"id": "a", "last_modified": 3, "deleted": True}


def test_the_codec_is_at_hand():
    assert memory.MemoryBasedStorage.json.loads(memory.MemoryBasedStorage.json.dumps([1.0])) == [1]
