"""`_fields`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinto.core.protocol.failures import Problem
from kinto.core.protocol.projection import extract_fields, project
from tests.protocol.json_values import lists_of_objects

OBJ = {
    "id": "x",
    "last_modified": 5,
    "a": {"b": 1, "c": {"d": 2, "e": 3}},
    "n": 1,
    "x.y": 7,
    "l": [1],
}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (["n"], {"n": 1}), (["a"], {"a": OBJ["a"]}), (["a.b"], {"a": {"b": 1}}),
        (["a.b", "a.c.d"], {"a": {"b": 1, "c": {"d": 2}}}), (["a", "a.b"], {"a": OBJ["a"]}),
        (["a.b", "a"], {"a": OBJ["a"]}), (["a.missing"], {"a": {}}), (["n.b"], {"n": 1}),
        (["l.0"], {"l": [1]}),
        (["zz"], {}), (["zz.b"], {}), (["x.y"], {"x.y": 7}), ([" n"], {}), (["id"], {}),
    ],
)  # fmt: skip
def test_fields_asked_for(fields, expected):
    assert project(OBJ, fields) == {"id": "x", "last_modified": 5, **expected}


def test_no_projection_is_the_whole():
    assert project(OBJ, None) == OBJ


def test_a_tombstone_shows_deleted_only_when_asked():
    tombstone = {"id": "x", "last_modified": 5, "deleted": True}
    assert project(tombstone, ["a"]) == {"id": "x", "last_modified": 5}
    assert project(tombstone, ["deleted"]) == tombstone


def test_what_an_entry_does_not_have_is_not_invented():
    assert project({"uri": "/", "permissions": []}, ["uri"]) == {"uri": "/"}


@pytest.mark.parametrize(
    ("spec", "fields"), [([""], None), (["", ""], None), ([], None), (["a", "a", ""], ["a"])]
)
def test_empty_names_are_no_projection(spec, fields):
    assert extract_fields(spec, known_field=lambda name: True) == fields


def test_a_closed_resource_names_all_the_fields_it_does_not_have():
    with pytest.raises(Problem) as refusal:
        extract_fields(["uri", "zz", "yy"], known_field=lambda name: name == "uri")
    assert str(refusal.value) == "Invalid _fields parameter in body: Fields zz,yy do not exist"


def test_caps():
    for spec in ([f"f{n}" for n in range(201)], ["a" * 600], [".".join("a" * 30)]):
        with pytest.raises(Problem):
            extract_fields(spec, known_field=lambda name: True)


@given(
    lists_of_objects(max_size=2),
    st.lists(st.sampled_from(["a", "b", "a.b", "a.a", "c.zz"]), max_size=4),
)
def test_a_projection_of_a_projection_is_itself(objects, fields):
    for obj in objects:
        once = project(obj, fields)
        assert project(once, fields) == once
        assert once.keys() <= obj.keys()
