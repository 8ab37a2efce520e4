"""Surprising rules 18 to 42 of the protocol: objects and writes (http: 16)."""

import pytest

from tests.http.conftest import RECORDS, B, C, G, R, ahead

MERGE = {"Content-Type": "application/merge-patch+json"}
OPERATIONS = {"Content-Type": "application/json-patch+json"}
PAST = 1436434441550


@pytest.mark.parametrize("body", [None, {}, {"permissions": {"read": ["x"]}}, {"permissions": {}}])
def test_rule_18_a_put_without_data_keeps_the_fields(world, body):
    before = world("GET", R, user="alice").data
    sent = {} if body is None else {"json": body}
    answer = world("PUT", R, user="alice", **sent)
    assert (answer.status, answer.data["title"]) == (200, "first")
    assert answer.data["last_modified"] > before["last_modified"]


def test_rule_18_a_put_with_empty_data_drops_them(world):
    answer = world("PUT", R, user="alice", json={"data": {}})
    assert (answer.status, answer.data.keys()) == (200, {"id", "last_modified"})


def test_rule_19_a_put_with_one_list_replaces_every_permission(world, user_id):
    alice = user_id("alice")
    given = {"read": ["x", "x"], "write": ["y"], "record:create": ["z"]}
    world("PUT", C, user="alice", json={"permissions": given})
    answer = world("PUT", C, user="alice", json={"permissions": {"read": ["x"]}})
    assert answer.json["permissions"] == {"read": ["x"], "write": [alice]}
    for nothing in ({}, {"read": None}):
        answer = world("PUT", C, user="alice", json={"permissions": nothing})
        assert answer.json["permissions"] == {"read": ["x"], "write": [alice]}


def test_rule_20_a_post_with_a_known_id_shows_what_is_stored(world_with):
    send = world_with(experimental_collection_schema_validation="true")
    send("PATCH", C, user="alice", json={"data": {"schema": {"required": ["title"]}}})
    stored = send("GET", R, user="alice")
    body = {"data": {"id": "r", "other": 1}, "permissions": {"read": ["x"]}}
    answer = send("POST", RECORDS, user="alice", json=body)
    assert (answer.status, answer.json, answer.etag) == (200, stored.json, stored.etag)
    assert send("GET", R, user="alice").json == stored.json


def test_rule_21_a_post_with_an_id_that_may_not_be_read_is_refused(world):
    world("PATCH", C, user="alice", json={"permissions": {"record:create": ["system.Everyone"]}})
    body = {"data": {"id": "r"}}
    assert world("POST", RECORDS, user="bob", json=body).error[:2] == (403, 121)
    assert world("POST", RECORDS, json=body).error[:2] == (401, 104)
    assert world("POST", RECORDS, user="bob", json={"data": {"id": "s"}}).status == 201


@pytest.mark.parametrize("data", [{}, {"id": "new"}])
def test_rule_22_a_post_of_something_new_never_matches(world, data):
    listed = world("GET", RECORDS, user="alice").headers["etag"]
    for value in (listed, "*"):
        headers = {"If-Match": value}
        answer = world("POST", RECORDS, user="alice", json={"data": data}, headers=headers)
        assert answer.status == 412
        assert answer.headers["etag"] == listed


def test_rule_23_a_412_shows_the_object_only_to_who_may_read_it(world):
    world("PATCH", C, user="alice", json={"permissions": {"record:create": ["system.Everyone"]}})
    headers = {"If-None-Match": "*"}
    answer = world("PUT", R, user="bob", json={"data": {}}, headers=headers)
    assert answer.status == 412
    assert "details" not in answer.json and b"first" not in answer.body
    assert world("PUT", R, user="bob", json={"data": {}}).status == 403
    answer = world("PUT", R, user="alice", json={"data": {}}, headers=headers)
    assert answer.json["details"]["existing"]["title"] == "first"


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_rule_24_who_may_only_create_does_not_learn_what_is_missing(world, method):
    world("PATCH", C, user="alice", json={"permissions": {"record:create": ["system.Everyone"]}})
    body = {"json": {"data": {}}} if method == "PATCH" else {}
    assert world(method, f"{RECORDS}/none", user="bob", **body).status == 403
    world("PATCH", C, user="alice", json={"permissions": {"read": ["system.Everyone"]}})
    assert world(method, f"{RECORDS}/none", user="bob", **body).error[:2] == (404, 110)


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        ({"data": {}}, {}, 200),
        ({"permissions": {}}, {}, 200),
        ({"data": {}}, MERGE, 200),
        ([], OPERATIONS, 200),
        ({}, {}, 400),
        ({}, MERGE, 400),
    ],
)
def test_rule_25_a_patch_without_effect_is_a_write(world, body, headers, status):
    before = world("GET", R, user="alice")
    answer = world("PATCH", R, user="alice", json=body, headers=headers)
    assert answer.status == status
    if status == 400:
        assert answer.error[2] == "Provide at least one of data or permissions"
    else:
        assert answer.etag > before.etag
        fields = {**answer.data, "last_modified": 0}
        assert fields == {**before.data, "last_modified": 0}


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("application/json", {"a": None, "b": {"d": 2}}),
        ("application/json; charset=utf-8", {"a": None, "b": {"d": 2}}),
        ("application/merge-patch+json", {"b": {"c": 1, "d": 2}}),
        # Parameters of the type are ignored, which the specification allows.
        ("application/merge-patch+json; charset=utf-8", {"b": {"c": 1, "d": 2}}),
    ],
)
def test_rule_26_null_is_a_value_or_a_removal(world, content_type, expected):
    world("PUT", R, user="alice", json={"data": {"a": 1, "b": {"c": 1}}})
    changes = {"data": {"a": None, "b": {"d": 2}}}
    headers = {"Content-Type": content_type}
    answer = world("PATCH", R, user="alice", json=changes, headers=headers)
    fields = {k: v for k, v in answer.data.items() if k not in ("id", "last_modified")}
    assert fields == expected


def test_rule_27_response_behavior_is_for_patches(world):
    body = {"data": {"title": "Bye", "n": 1}}
    for value in ("LIGHT", "Full", "light "):
        answer = world("PATCH", R, user="alice", json=body, headers={"Response-Behavior": value})
        text = f'Response-Behavior in header: "{value}" is not one of full, light, diff'
        assert answer.error == (400, 107, text)
    answer = world("PATCH", R, user="alice", json=body, headers={"Response-Behavior": "light"})
    assert answer.json == {"data": {"title": "Bye", "n": 1}}
    answer = world("PATCH", R, user="alice", json=body, headers={"Response-Behavior": "diff"})
    assert answer.json == {"data": {}}
    for value in ("", "full"):
        answer = world("PATCH", R, user="alice", json=body, headers={"Response-Behavior": value})
        assert "permissions" in answer.json
    for method, url in (("PUT", R), ("POST", RECORDS)):
        answer = world(method, url, user="alice", json=body, headers={"Response-Behavior": "LIGHT"})
        assert "permissions" in answer.json


@pytest.mark.parametrize(
    ("method", "url", "name"),
    [
        ("PUT", G, "data.members"),
        ("POST", f"{B}/groups", "data.members"),
        ("PATCH", G, "members"),
    ],
)
def test_rule_28_names_of_errors_in_patches_are_relative_to_the_data(world, method, url, name):
    answer = world(method, url, user="alice", json={"data": {"members": "abc"}})
    assert answer.error == (400, 107, f'{name} in body: "abc" is not iterable')
    assert answer.json["details"][0]["name"] == name


def test_rule_29_what_a_client_may_say_about_time(world):
    stored = world("GET", R, user="alice").etag
    for value in (stored, stored - 5):
        answer = world("PUT", R, user="alice", json={"data": {"last_modified": value}})
        assert answer.etag > stored
    listed = world("GET", RECORDS, user="alice").etag
    answer = world("PUT", f"{RECORDS}/old", user="alice", json={"data": {"last_modified": PAST}})
    assert (answer.status, answer.etag) == (201, PAST)
    assert world("GET", RECORDS, user="alice").etag == listed
    for value in (str(PAST), PAST + 0.5, None, [PAST], True, False):
        body = {"data": {"last_modified": value}}
        assert world("POST", RECORDS, user="alice", json=body).etag > listed


def test_rule_30_no_two_objects_share_a_past_timestamp(world):
    for name, status in (("one", 201), ("two", 409)):
        body = {"data": {"last_modified": PAST}}
        answer = world("PUT", f"{RECORDS}/{name}", user="alice", json=body)
        assert answer.status == status
    assert answer.error == (409, 122, "Integrity constraint violated, please retry.")
    assert answer.headers["retry-after"] == "3"
    assert world("GET", f"{RECORDS}/two", user="alice").status == 404


def test_rule_31_a_version_of_the_future_does_not_match(world):
    headers = {"If-Match": f'"{world("GET", R, user="alice").etag + 1}"'}
    assert world("PUT", R, user="alice", json={"data": {}}, headers=headers).status == 412


def test_rule_32_if_none_match_with_a_version_is_for_reads(world):
    etag = world("GET", R, user="alice").headers["etag"]
    headers = {"If-None-Match": etag, "If-Match": '"1"'}
    assert world("GET", R, user="alice", headers=headers).status == 304
    headers = {"If-None-Match": etag}
    assert world("PATCH", R, user="alice", json={"data": {}}, headers=headers).status == 200


def test_rule_33_an_empty_precondition_is_none(world):
    for header in ("If-Match", "If-None-Match"):
        answer = world("PUT", R, user="alice", json={"data": {}}, headers={header: ""})
        assert answer.status == 200
        answer = world("PUT", R, user="alice", json={"data": {}}, headers={header: 'W/"1"'})
        text = f"{header} in header: The value should be integer between double quotes."
        assert answer.error == (400, 107, text)


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_rule_34_a_tombstone_does_not_count_as_an_object(world, method):
    world("DELETE", R, user="alice")
    url = R if method == "PUT" else RECORDS
    body, headers = {"data": {"id": "r", "b": 1}}, {"If-None-Match": "*"}
    answer = world(method, url, user="alice", json=body, headers=headers)
    assert (answer.status, answer.data.keys()) == (201, {"id", "last_modified", "b"})
    shown = world("GET", f"{RECORDS}?_since=0", user="alice").data
    assert shown == [answer.data]


def test_rule_35_a_deletion_may_be_dated_in_the_future(world):
    later = ahead()
    answer = world("DELETE", f"{R}?last_modified={later}", user="alice")
    assert answer.data == {"id": "r", "last_modified": later, "deleted": True}
    assert world("GET", RECORDS, user="alice").etag == later


def test_rule_36_a_collection_made_again_has_no_tombstones(world):
    world("DELETE", R, user="alice")
    before = world("GET", RECORDS, user="alice").etag
    world("DELETE", C, user="alice")
    world("PUT", C, user="alice")
    answer = world("GET", f"{RECORDS}?_since=0", user="alice")
    assert answer.data == []
    assert answer.etag > before


@pytest.mark.parametrize("uri", [B, C, G, R])
def test_rule_37_unknown_fields_are_kept_and_unknown_members_refused(world, uri):
    fields = {"x": None, "y": [1, {"z": 2.0}], "deleted": False, "é": "\U0001f600"}
    assert fields.items() <= world("PUT", uri, user="alice", json={"data": fields}).data.items()
    answer = world("PUT", uri, user="alice", json={"data": {}, "x": 1})
    assert answer.error == (400, 107, "Unrecognized keys in mapping: \"{'x': 1}\"")
    answer = world("PATCH", uri, user="alice", json={"data": {}, "x": 1})
    assert answer.error == (400, 107, "Unrecognized keys in mapping: \"{'x': 1}\"")


def test_rule_38_members_of_a_group_without_data(world):
    assert "members" not in world("PUT", f"{B}/groups/new", user="alice").data
    assert world("PUT", G, user="alice", json={"data": {"a": 1}}).data["members"] == []


def test_rule_39_who_may_be_a_member(world):
    for value in ("system.Everyone", G):
        answer = world("PUT", G, user="alice", json={"data": {"members": [value]}})
        text = f"data.members.0 in body: '{value}' is not a valid user ID."
        assert answer.error == (400, 107, text)
    members = ["system.Authenticated", "x", "x"]
    answer = world("PUT", G, user="alice", json={"data": {"members": members}})
    assert answer.data["members"] == members


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"type": "Washmachine"}, "'Washmachine' is not valid under any of the given schemas"),
        ({"properties": 1}, "1 is not of type 'object'"),
        (
            {"required": "a", "$schema": "http://json-schema.org/draft-03/schema#"},
            "'a' is not of type 'array'",
        ),
    ],
)
def test_rule_40_schemas_are_judged_even_when_validation_is_off(world, schema, text):
    answer = world("PUT", C, user="alice", json={"data": {"schema": schema}})
    assert answer.status == 400
    assert answer.json["details"][0]["name"] == "data.schema"
    assert text in answer.json["details"][0]["description"]


def test_rule_41_a_change_of_permissions_validates_the_stored_data(world_with):
    send = world_with(experimental_collection_schema_validation="true")
    schema = {"properties": {"title": {"type": "string"}}}
    stamp = send("PATCH", C, user="alice", json={"data": {"schema": schema}}).etag
    change = {"permissions": {"read": ["x"]}}
    assert send("PATCH", R, user="alice", json=change).data["schema"] == stamp
    schema["properties"]["title"]["type"] = "number"
    send("PATCH", C, user="alice", json={"data": {"schema": schema}})
    answer = send("PATCH", R, user="alice", json=change)
    assert answer.error == (400, 107, "title in body: 'first' is not of type 'number'")


def test_rule_42_an_error_inside_an_array_has_its_index_as_name(world_with):
    send = world_with(experimental_collection_schema_validation="true")
    schema = {"properties": {"tags": {"type": "array", "items": {"type": "string"}}}}
    send("PATCH", C, user="alice", json={"data": {"schema": schema}})
    answer = send("PUT", R, user="alice", json={"data": {"tags": ["a", 0]}})
    assert answer.error == (400, 107, "1 in body: 0 is not of type 'string'")
    assert answer.json["details"][0]["name"] == 1
