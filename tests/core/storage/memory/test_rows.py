import pytest

from kinto.core.storage.memory.rows import Row, Rows, isolate

PLACE = ("record", "/c")


def make_row(object_id, modified, **fields):
    data = {"id": object_id, "last_modified": modified, **fields}
    return Row(data, PLACE, object_id=object_id, modified=modified, created=modified)


def times(rows, low=None, high=None, *, newest_first=False):
    return [row.modified for row in rows.between(low, high, newest_first=newest_first)]


def test_isolate_shares_no_container():
    given = {"a": [{"b": [1]}], "c": (1, 2)}
    copied = isolate(given)
    assert copied == {"a": [{"b": [1]}], "c": [1, 2]}
    given["a"][0]["b"].append(2)
    assert copied["a"] == [{"b": [1]}]


def test_isolate_makes_plain_values_of_subclasses():
    class Text(str):
        pass

    class Fields(dict):
        pass

    copied = isolate(Fields(a=Text("b")))
    assert copied == {"a": "b"}
    assert type(copied) is dict
    assert type(copied["a"]) is str


@pytest.mark.parametrize("value", [b"bytes", {1}, object(), [b"deep"], {"a": {"b": b"c"}}])
def test_isolate_refuses_what_json_cannot_tell(value):
    with pytest.raises(TypeError):
        isolate(value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [float("-inf")]])
def test_isolate_refuses_numbers_that_json_does_not_have(value):
    with pytest.raises(ValueError):
        isolate(value)


@pytest.mark.parametrize("value", [10**100, 1.0, -0.0, "\U0001f600", True, None])
def test_isolate_and_copy_keep_values_as_they_are(value):
    copied = make_row("a", 1, value=isolate(value), nested=isolate([value])).copy()
    assert repr(copied["value"]) == repr(value)
    assert repr(copied["nested"]) == repr([value])


def test_each_copy_of_a_row_is_another_dict():
    flat, nested = make_row("a", 1), make_row("b", 2, tags=[["x"]])
    assert flat.copy() is not flat.copy()
    nested.copy()["tags"][0].append("y")
    assert nested.copy()["tags"] == [["x"]]


def test_rows_come_in_the_order_of_time_within_bounds():
    rows = Rows()
    for modified in (30, 10, 40, 20):
        rows.put(make_row(str(modified), modified))
    assert times(rows) == [10, 20, 30, 40]
    assert times(rows, newest_first=True) == [40, 30, 20, 10]
    assert times(rows, 11, 30) == [20, 30]
    assert times(rows, 20, 39, newest_first=True) == [30, 20]
    assert times(rows, 41) == []
    assert times(rows, 30, 20) == []


def test_rows_taken_away_are_gone_and_can_come_back():
    rows = Rows()
    made = [make_row(str(n), n) for n in range(10)]
    for row in made:
        rows.put(row)
    rows.take(made[3])
    rows.take(made[9])
    assert times(rows) == [0, 1, 2, 4, 5, 6, 7, 8]
    rows.put(made[3])
    rows.put(made[9])
    assert times(rows) == list(range(10))
    assert len(rows) == 10


def test_times_of_rows_long_gone_are_swept():
    rows = Rows()
    for n in range(10_000):
        rows.put(make_row("same", n))
        rows.take(rows.by_id["same"])
        rows.put(make_row("same", n + 20_000))
        rows.take(rows.by_id["same"])
    for n in range(100):
        rows.put(make_row(str(n), n))
    for n in range(99):
        rows.take(rows.by_id[str(n)])
    assert times(rows) == [99]
    assert len(rows._times) < 50
