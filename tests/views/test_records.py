"""Records and their parents, schemas applied to content, and caching (http: 0.3, 4.4, 6.5)."""

from __future__ import annotations

import time

import pytest

from tests.views.conftest import B, C, G, R

VALIDATING = {"experimental_collection_schema_validation": True}
TITLE = {"properties": {"title": {"type": "string"}}, "required": ["title"]}


def missing(name, object_id):
    return {
        "code": 404,
        "errno": 111,
        "error": "Not Found",
        "details": {"id": object_id, "resource_name": name},
    }


# Parents


@pytest.mark.parametrize("headers", [{}, {"Content-Type": "text/plain"}, {"Accept": "image/png"}])
@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", R), ("PATCH", R), ("DELETE", R), ("POST", f"{C}/records")],
)
def test_a_write_in_an_unknown_collection_is_a_404_before_anything_else(app, method, path, headers):
    resp = app.request(path, method=method, headers=headers, status=404)
    assert resp.json == missing("collection", "c")


def test_a_read_in_an_unknown_collection_is_refused_first(app, alice, bob, make):
    make(app, B)
    for path in (R, f"{C}/records"):
        app.get(path, status=401)
        app.get(path, headers=bob, status=403)
        assert app.get(path, headers=alice, status=404).json == missing("collection", "c")
    app.delete(f"{C}/records", status=401)
    assert app.delete(f"{C}/records", headers=alice, status=404).json == missing("collection", "c")


@pytest.mark.parametrize(
    ("path", "name", "object_id"),
    [
        ("/buckets/b!/collections/c", "bucket", "b!"),
        ("/buckets/b!/groups/g", "bucket", "b!"),
        ("/buckets/b!/collections/c/records/r", "bucket", "b!"),
        (f"{B}/collections/c!/records/r", "collection", "c!"),
        ("/buckets/b%0A/collections/c", "bucket", "b\n"),
    ],
)
def test_a_malformed_parent_id_is_a_missing_parent(app, alice, path, name, object_id):
    assert app.put_json(path, {}, headers=alice, status=404).json == missing(name, object_id)


def test_a_malformed_id_in_a_list_url_is_a_missing_parent(app, alice):
    resp = app.post_json("/buckets/b!/groups", {}, headers=alice, status=404)
    assert resp.json == missing("bucket", "b!")


# Schemas


@pytest.fixture
def validating(make_app):
    return make_app(**VALIDATING)


def test_schemas_mean_nothing_when_validation_is_off(app, make):
    make(app, B, {"record:schema": TITLE})
    make(app, C, {"schema": TITLE})
    record = make(app, R, {"schema": "mine"})["data"]
    assert record["schema"] == "mine"


def test_a_record_is_stamped_with_the_timestamp_of_its_schema(validating, alice, make):
    collection = make(validating, C, {"schema": TITLE})["data"]
    record = make(validating, R, {"title": "x", "schema": 42})["data"]
    assert record["schema"] == collection["last_modified"]
    resp = validating.post_json(f"{C}/records", {"data": {"title": "y"}}, headers=alice)
    assert resp.json["data"]["schema"] == collection["last_modified"]


def test_an_empty_schema_stamps_too(validating, make):
    collection = make(validating, C, {"schema": {}})["data"]
    assert make(validating, R, {})["data"]["schema"] == collection["last_modified"]


def test_without_a_collection_schema_the_field_is_ordinary(validating, make):
    make(validating, B, {"record:schema": TITLE})
    make(validating, C)
    assert make(validating, R, {"title": "x", "schema": "mine"})["data"]["schema"] == "mine"


@pytest.mark.parametrize(
    ("schema", "data", "message", "name"),
    [
        (TITLE, {}, "'title' is a required property", "title"),
        (TITLE, {"title": 1}, "title in body: 1 is not of type 'string'", "title"),
        (
            {"properties": {"tags": {"items": {"type": "string"}}}},
            {"tags": ["a", 0]},
            "1 in body: 0 is not of type 'string'",
            1,
        ),
        (
            {"additionalProperties": False},
            {"extra": 1},
            "additionalProperties in body: "
            "Additional properties are not allowed ('extra' was unexpected)",
            "additionalProperties",
        ),
        (
            {"properties": {"d": {"pattern": "^a"}}},
            {"d": "z"},
            "'z' does not match '^a'",
            "d",
        ),
        ({"minProperties": 1}, {}, None, "minProperties"),
        ({"properties": {"t": {"items": [{"type": "string"}]}}}, {"t": [1]}, None, "schema"),
        (
            {"properties": {"t": {"$ref": "#/definitions/t"}}},
            {"t": 1},
            "schema in body: PointerToNowhere: '/definitions/t' does not exist within "
            "{'properties': {'t': {'$ref': '#/definitions/t'}}}",
            "schema",
        ),
    ],
)
@pytest.mark.parametrize("verb", ["put", "post", "patch"])
def test_a_record_that_does_not_comply_is_refused(
    validating, alice, make, verb, schema, data, message, name
):
    make(validating, C)
    make(validating, R)
    make(validating, C, {"schema": schema})
    call, path = {
        "put": (validating.put_json, f"{C}/records/new"),
        "post": (validating.post_json, f"{C}/records"),
        "patch": (validating.patch_json, R),
    }[verb]
    resp = call(path, {"data": data}, headers=alice, status=400)
    assert resp.json["errno"] == 107
    assert [error["name"] for error in resp.json["details"]] == [name]
    assert message is None or resp.json["message"] == message


def test_fields_of_the_server_are_not_checked(validating, make):
    closed = {**TITLE, "additionalProperties": False}
    make(validating, B, {"record:schema": closed})
    make(
        validating,
        C,
        {"schema": {**closed, "required": ["title", "id", "last_modified", "schema"]}},
    )
    make(validating, R, {"title": "x"}, permissions={"read": ["system.Everyone"]})
    make(validating, R, {"title": "y", "last_modified": 42})


def test_both_schemas_apply_the_collection_s_first(validating, alice, make):
    make(validating, B, {"record:schema": {"required": ["b"]}})
    make(validating, C, {"schema": {"required": ["c"]}})
    for data, name in (({}, "c"), ({"c": 1}, "b"), ({"b": 1}, "c")):
        resp = validating.put_json(R, {"data": data}, headers=alice, status=400)
        assert resp.json["details"][0]["name"] == name
    validating.put_json(R, {"data": {"b": 1, "c": 1}}, headers=alice)


def test_a_permissions_only_patch_checks_and_stamps_again(validating, alice, make):
    make(validating, R, {"title": 1})
    share = {"permissions": {"read": ["system.Everyone"]}}
    make(validating, C, {"schema": TITLE})
    validating.patch_json(R, share, headers=alice, status=400)
    collection = make(validating, C, {"schema": {}})["data"]
    resp = validating.patch_json(R, share, headers=alice)
    assert resp.json["data"]["schema"] == collection["last_modified"]


def test_a_post_of_an_existing_record_is_not_checked(validating, alice, make):
    make(validating, R, {"title": 1})
    make(validating, C, {"schema": TITLE})
    validating.post_json(f"{C}/records", {"data": {"id": "r"}}, headers=alice, status=200)


@pytest.mark.parametrize(("uri", "field"), [(C, "collection:schema"), (G, "group:schema")])
def test_collections_and_groups_comply_with_the_schemas_of_the_bucket(
    validating, alice, make, uri, field
):
    make(validating, B, {field: {**TITLE, "properties": {"title": {"type": "string"}}}})
    resp = validating.put_json(uri, {"data": {"x": 1}}, headers=alice, status=400)
    assert resp.json["message"] == "'title' is a required property"
    validating.put_json(uri, {"data": {"title": "x"}}, headers=alice)
    validating.patch_json(uri, {"data": {"title": 1}}, headers=alice, status=400)


@pytest.mark.parametrize(("uri", "kind"), [(C, "collection"), (G, "group")])
def test_with_validation_a_write_needs_its_bucket(make_app, alice, uri, kind):
    rights = {f"{kind}_create_principals": "system.Authenticated"}
    resp = make_app(**VALIDATING, **rights).put_json(uri, {}, headers=alice, status=404)
    assert resp.json == missing("bucket", "b")


def test_a_batch_sees_the_schema_it_has_just_changed(validating, alice, make):
    make(validating, C)
    make(validating, R, {"n": 1})
    requests = [
        {"method": "PUT", "path": R, "body": {"data": {"n": 1}}},
        {"method": "PUT", "path": C, "body": {"data": {"schema": TITLE}}},
        {"method": "PUT", "path": R, "body": {"data": {"n": 1}}},
        {"method": "PATCH", "path": B, "body": {"data": {"record:schema": {"required": ["z"]}}}},
        {"method": "PUT", "path": R, "body": {"data": {"title": "x"}}},
        {"method": "PATCH", "path": B, "body": {"data": {"record:schema": {}}}},
        {"method": "PUT", "path": R, "body": {"data": {"title": "x"}}},
    ]
    resp = validating.post_json("/batch", {"requests": requests}, headers=alice)
    statuses = [answer["status"] for answer in resp.json["responses"]]
    assert statuses == [200, 200, 400, 200, 400, 200, 200]
    changed = resp.json["responses"][1]["body"]["data"]["last_modified"]
    assert resp.json["responses"][6]["body"]["data"]["schema"] == changed


# Caching


@pytest.mark.parametrize(
    ("settings", "cache_expires", "header"),
    [
        ({}, None, "no-cache, no-store"),
        ({}, 60, "max-age=60"),
        ({"record_cache_expires_seconds": 10}, None, "max-age=10"),
        ({"record_cache_expires_seconds": 10}, 60, "max-age=60"),
        ({"record_cache_expires_seconds": 100}, 60, "max-age=100"),
        ({"record_cache_expires_seconds": 1, "b.record_cache_expires_seconds": 2}, None, 2),
        ({"b.record_cache_expires_seconds": 2, "b.c.record_cache_expires_seconds": 3}, None, 3),
        ({"b_record_cache_expires_seconds": 4}, None, "max-age=4"),
        ({"b_c_record_cache_expires_seconds": 5, "b_record_cache_expires_seconds": 4}, None, 5),
        ({"record_cache_expires_seconds": 1, "b_record_cache_expires_seconds": 4}, None, 1),
        ({"record_cache_expires_seconds": 0}, None, None),
        ({}, 10**30, f"max-age={10 * 365 * 24 * 3600}"),
    ],
)
@pytest.mark.parametrize("path", [R, f"{C}/records"])
def test_anonymous_callers_may_keep_records(
    app, alice, make, path, settings, cache_expires, header
):
    data = {} if cache_expires is None else {"cache_expires": cache_expires}
    make(app, C, data, permissions={"read": ["system.Everyone"]})
    make(app, R)
    with app.given(**settings):
        found = app.get(path).headers
        own = app.get(path, headers=alice).headers
    if header is None:
        assert found["Cache-Control"] == "max-age=0, must-revalidate, no-cache, no-store"
        assert found["Pragma"] == "no-cache"
    else:
        expected = f"max-age={header}" if isinstance(header, int) else header
        assert found["Cache-Control"] == expected
    assert ("Expires" in found) == (header != "no-cache, no-store")
    assert own["Cache-Control"] == "no-cache, no-store"
    assert "Expires" not in own


def test_cache_expires_never_concerns_the_collection_itself(app, make):
    make(app, C, {"cache_expires": 60}, permissions={"read": ["system.Everyone"]})
    assert app.get(C).headers["Cache-Control"] == "no-cache, no-store"


def test_a_batch_has_one_budget_for_all_its_validations(validating, alice, make, monkeypatch):
    monkeypatch.setattr("kinto.core.validation.cascade.REQUEST_SECONDS", 0.3)
    make(validating, C, {"schema": {"properties": {"a": {"pattern": "^(a|a)*$"}}}})
    slow = {"method": "POST", "path": f"{C}/records", "body": {"data": {"a": "a" * 40 + "b"}}}
    started = time.thread_time()
    resp = validating.post_json("/batch", {"requests": [slow] * 20}, headers=alice)
    assert {answer["status"] for answer in resp.json["responses"]} == {400}
    assert time.thread_time() - started < 2
