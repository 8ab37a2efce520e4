"""Attributes that mean something to the server: schemas, cache_expires, members (http: 4.1-4.3)."""

from __future__ import annotations

import pytest

from tests.views.conftest import B, C, G

NOT_A_MAPPING = "is not a mapping type: Does not implement dict-like functionality."


@pytest.mark.parametrize(
    ("uri", "field"),
    [
        (B, "collection:schema"),
        (B, "group:schema"),
        (B, "record:schema"),
        (C, "schema"),
    ],
)
@pytest.mark.parametrize(
    ("schema", "description"),
    [
        (None, f'"None" {NOT_A_MAPPING}'),
        ([], f'"[]" {NOT_A_MAPPING}'),
        ("x", f'"x" {NOT_A_MAPPING}'),
        (
            {"type": "Washmachine"},
            "type'Washmachine' is not valid under any of the given schemas",
        ),
        ({"properties": 1}, "properties1 is not of type 'object'"),
        (
            {"$schema": "http://json-schema.org/draft-03/schema#", "required": True},
            "requiredTrue is not of type 'array'",
        ),
    ],
)
def test_bad_schemas_are_refused_even_when_they_are_not_applied(
    app, alice, make, uri, field, schema, description
):
    make(app, uri.rsplit("/", 2)[0] or B)
    resp = app.put_json(uri, {"data": {field: schema}}, headers=alice, status=400)
    assert resp.json["errno"] == 107
    assert resp.json["message"] == f"data.{field} in body: {description}"


@pytest.mark.parametrize("schema", [{}, {"unknown": 1}, {"$ref": "#/nowhere"}])
def test_sound_schemas_are_stored_as_given(app, make, schema):
    assert make(app, C, {"schema": schema})["data"]["schema"] == schema
    assert make(app, B, {"record:schema": schema})["data"]["record:schema"] == schema


@pytest.mark.parametrize(
    ("given", "stored"), [("12", 12), (12.7, 12), (True, 1), (-5, -5), (3600, 3600)]
)
def test_cache_expires_is_stored_as_an_integer(app, make, given, stored):
    found = make(app, C, {"cache_expires": given})["data"]["cache_expires"]
    assert found == stored
    assert type(found) is int


@pytest.mark.parametrize("given", [None, "", []])
def test_an_empty_cache_expires_is_dropped(app, make, given):
    assert "cache_expires" not in make(app, C, {"cache_expires": given})["data"]


def test_cache_expires_must_be_a_number(app, alice, make):
    make(app, B)
    resp = app.put_json(C, {"data": {"cache_expires": "abc"}}, headers=alice, status=400)
    assert resp.json["message"] == 'data.cache_expires in body: "abc" is not a number'


def test_errors_of_patches_are_relative_to_the_data(app, alice, make):
    make(app, G, {"members": []})
    body = {"data": {"members": ["system.Everyone"]}}
    resp = app.patch_json(G, body, headers=alice, status=400)
    assert resp.json["message"] == ("members.0 in body: 'system.Everyone' is not a valid user ID.")


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ("abc", 'data.members in body: "abc" is not iterable'),
        (None, 'data.members in body: "None" is not iterable'),
        ({}, 'data.members in body: "{}" is not iterable'),
        (12, 'data.members in body: "12" is not iterable'),
        ([1], "data.members.0 in body: 1 is not a string: {'': ''}"),
        ([""], "data.members.0 in body: Required"),
        ([None], "data.members.0 in body: Required"),
        (
            ["system.Everyone"],
            "data.members.0 in body: 'system.Everyone' is not a valid user ID.",
        ),
        (
            ["account:a", "/buckets/b/groups/h"],
            "data.members.1 in body: '/buckets/b/groups/h' is not a valid user ID.",
        ),
    ],
)
def test_members_are_user_ids(app, alice, make, members, message):
    make(app, B)
    resp = app.put_json(G, {"data": {"members": members}}, headers=alice, status=400)
    assert resp.json["message"] == message


@pytest.mark.parametrize(
    "members", [[], ["account:a"], ["a", "a"], ["system.Authenticated"], ["ldap:bob@corp.com"]]
)
def test_members_are_kept_as_given(app, make, members):
    assert make(app, G, {"members": members})["data"]["members"] == members


def test_a_group_made_without_data_has_no_members_field(app, make):
    assert "members" not in make(app, G)["data"]


def test_data_without_members_means_nobody(app, alice, make):
    make(app, G, {"members": ["account:a"]})
    assert make(app, G, {"title": "x"})["data"]["members"] == []


def test_groups_do_not_share_their_default_members(app, make):
    first = make(app, G, {"title": "x"})["data"]
    first["members"].append("account:a")
    assert make(app, f"{B}/groups/h", {"title": "y"})["data"]["members"] == []


def test_a_patch_keeps_members_or_adds_none(app, alice, make):
    make(app, G)
    resp = app.patch_json(G, {"data": {"title": "x"}}, headers=alice)
    assert resp.json["data"]["members"] == []
    app.patch_json(G, {"data": {"members": ["account:a"]}}, headers=alice)
    resp = app.patch_json(G, {"data": {"title": "y"}}, headers=alice)
    assert resp.json["data"]["members"] == ["account:a"]


def test_members_removed_by_a_merge_patch_become_an_empty_list(app, alice, make):
    make(app, G, {"members": ["account:a"]})
    headers = {**alice, "Content-Type": "application/merge-patch+json"}
    resp = app.patch_json(G, {"data": {"members": None}}, headers=headers)
    assert resp.json["data"]["members"] == []


@pytest.mark.parametrize("uri", [B, C, G, f"{C}/records/r"])
def test_unknown_fields_are_kept(app, make, uri):
    data = {"a": None, "b": {"c": [1.0, "é"]}}
    assert data.items() <= make(app, uri, data)["data"].items()


@pytest.mark.parametrize("uri", [B, C, G, f"{C}/records/r"])
def test_unknown_members_beside_data_are_refused(app, alice, make, uri):
    make(app, uri)
    resp = app.put_json(uri, {"x": 1}, headers=alice, status=400)
    assert resp.json["message"] == "Unrecognized keys in mapping: \"{'x': 1}\""


@pytest.mark.parametrize(
    ("uri", "name", "known"),
    [
        (B, "record:create", "read, write, collection:create, group:create"),
        (C, "group:create", "read, write, record:create"),
        (G, "record:create", "read, write"),
        (f"{C}/records/r", "create", "read, write"),
    ],
)
def test_only_the_permissions_of_an_object_may_be_set(app, alice, make, uri, name, known):
    make(app, uri)
    resp = app.put_json(uri, {"permissions": {name: ["x"]}}, headers=alice, status=400)
    assert resp.json["message"] == f'permissions in body: "{name}" is not one of {known}'
