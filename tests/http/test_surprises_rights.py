"""Surprising rules 58 to 74 of the protocol: permissions, caching, batch (http: 16)."""

import ast
import re
from pathlib import Path

import pytest

from tests.http.conftest import RECORDS, B, C, G, R
from tests.http.wire import call

NO_CACHE = "no-cache, no-store"
ALL = ["system.Everyone"]


def batch(send, *requests, user="alice", headers=None, **members):
    body = {"requests": list(requests), **members}
    return send("POST", "/batch", user=user, json=body, headers=headers)


def statuses(answer):
    return [item["status"] for item in answer.json["responses"]]


def test_rule_58_permissions_are_hidden_from_an_inherited_writer(world):
    world("PATCH", B, user="alice", json={"permissions": {"write": ["system.Authenticated"]}})
    assert world("GET", R, user="bob").json["permissions"] == {}
    assert world("GET", R, user="alice").json["permissions"].keys() == {"write"}


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_rule_59_whoever_changes_an_object_may_write_it(world, user_id, method):
    world("PATCH", C, user="alice", json={"permissions": {"write": ["system.Authenticated"]}})
    answer = world(method, R, user="bob", json={"data": {"n": 1}})
    assert user_id("bob") in answer.json["permissions"]["write"]
    answer = world(method, R, user="bob", json={"permissions": {"write": ["x"]}})
    assert sorted(answer.json["permissions"]["write"]) == sorted([user_id("bob"), "x"])


def test_rule_60_a_json_patch_keeps_the_permissions_it_does_not_name(world, user_id):
    """The specification calls the reset of `read` and `write` an avoidable defect."""
    world("PUT", R, user="alice", json={"permissions": {"read": ["x"]}})
    world("PATCH", C, user="alice", json={"permissions": {"write": ["system.Authenticated"]}})
    operations = [{"op": "add", "path": "/data/n", "value": 1}]
    headers = {"Content-Type": "application/json-patch+json"}
    answer = world("PATCH", R, user="bob", json=operations, headers=headers)
    permissions = answer.json["permissions"]
    assert permissions["read"] == ["x"]
    assert sorted(permissions["write"]) == sorted([user_id("alice"), user_id("bob")])


def test_rule_61_writing_buckets_by_settings_is_neither_listing_nor_content(app, world):
    with app.given(bucket_write_principals="system.Everyone", bucket_create_principals="x"):
        assert world("GET", "/buckets", user="carol").status == 403
        assert world("GET", C, user="carol").status == 403
        assert world("PATCH", B, user="carol", json={"data": {"a": 1}}).status == 200
        assert world("DELETE", "/buckets", user="carol").ids == ["b"]


def test_rule_62_only_the_first_unknown_permission_is_reported(world):
    names = {B: "read, write, collection:create, group:create", C: "read, write, record:create",
             G: "read, write", R: "read, write"}  # fmt: skip
    for uri, known in names.items():
        body = {"permissions": {"x": ["a"], "y": ["a"]}}
        answer = world("PUT", uri, user="alice", json=body)
        text = f'permissions in body: "x" is not one of {known}'
        assert answer.error == (400, 107, text)
        assert len(answer.json["details"]) == 1


def test_rule_63_a_group_deleted_in_any_way_leaves_the_principals(world, user_id):
    body = {"data": {"members": [user_id("bob")]}}

    def principals():
        return world("GET", "/", user="bob").json["user"]["principals"]

    for url in (G, f"{B}/groups"):
        world("PUT", G, user="alice", json=body)
        assert G in principals()
        world("DELETE", url, user="alice")
        assert G not in principals()
    # Where the reference keeps it, which the specification calls worse.
    world("PUT", G, user="alice", json=body)
    world("DELETE", B, user="alice")
    assert G not in principals()


def test_rule_64_caching_is_for_anonymous_callers(world_with):
    send = world_with(record_cache_expires_seconds=60)
    send("PUT", C, user="alice", json={"permissions": {"read": ALL}})
    for url in (R, RECORDS):
        assert send("GET", url).headers["cache-control"] == "max-age=60"
        answer = send("GET", url, user="alice")
        assert answer.headers["cache-control"] == NO_CACHE
        assert "expires" not in answer.headers


def test_rule_65_cache_expires_only_lengthens_the_life_of_records(world_with):
    send = world_with(record_cache_expires_seconds=60)
    for given, expected in ((30, 60), (90, 90)):
        body = {"data": {"cache_expires": given}, "permissions": {"read": ALL}}
        send("PUT", C, user="alice", json=body)
        assert send("GET", R).headers["cache-control"] == f"max-age={expected}"
        assert send("GET", C).headers["cache-control"] == NO_CACHE


@pytest.mark.parametrize("path", ["/batch", "/v1/batch", "/buckets/batch", "/?x=/batch",
                                  "/%62atch", "/v1/%2562atch", "/ba%74ch?x"])  # fmt: skip
def test_rule_66_a_batch_in_a_batch_is_refused(world, path):
    answer = batch(world, {"path": "/"}, {"path": path})
    text = "requests in body: Recursive call on /batch endpoint is forbidden."
    assert answer.error == (400, 107, text)


def test_rule_67_a_batch_has_25_requests_at_most(world):
    answer = batch(world, *[{"path": "/"}] * 26)
    text = "Number of requests is limited to 25"
    assert (answer.status, answer.json["details"][0]["description"]) == (400, text)
    assert len(batch(world, *[{"path": "/"}] * 25).json["responses"]) == 25
    assert batch(world).json == {"responses": []}


def test_rule_68_bodies_in_a_batch_are_plain_json(world):
    world("PUT", R, user="alice", json={"data": {"a": 1}})
    request = {"method": "PATCH", "path": R, "body": {"data": {"a": None}},
               "headers": {"Content-Type": "application/merge-patch+json"}}  # fmt: skip
    assert statuses(batch(world, request)) == [200]
    assert world("GET", R, user="alice").data["a"] is None


def test_rule_69_headers_of_the_batch_are_those_of_its_requests(world):
    own = {"Authorization": "Basic Ym9iOnNlY3JldA=="}
    answer = batch(world, {"path": R}, {"path": R, "headers": own})
    assert statuses(answer) == [200, 403]
    create = {"method": "PUT", "path": R, "body": {"data": {}}}
    answer = batch(world, create, {**create, "path": f"{RECORDS}/new"}, {**create, "headers": {"if-none-match": ""}},
                   headers={"If-None-Match": "*"})  # fmt: skip
    assert statuses(answer) == [412, 201, 200]


def test_rule_70_a_refused_request_of_a_batch_leaves_the_others(world):
    """409 included, where the reference undoes what came before."""

    def put(name, **data):
        return {"method": "PUT", "path": f"{RECORDS}/{name}", "body": {"data": data}}

    answer = batch(
        world, put("a"), put("b", last_modified=5), put("c", last_modified=5), put("bad id"), put("d")
    )  # fmt: skip
    assert statuses(answer) == [201, 201, 409, 400, 201]
    assert sorted(world("GET", RECORDS, user="alice").ids) == ["a", "b", "d", "r"]


def test_rule_71_groups_and_cascades_hold_for_the_next_request(world, user_id):
    """Where the reference waits for the end of the batch."""
    world("PATCH", B, user="alice", json={"permissions": {"write": [G]}})
    bob = {"Authorization": "Basic Ym9iOnNlY3JldA=="}
    members = {"method": "PUT", "path": G, "body": {"data": {"members": [user_id("bob")]}}}
    nobody = {"method": "PUT", "path": G, "body": {"data": {"members": []}}}
    read = {"path": R, "headers": bob}
    assert statuses(batch(world, read, members, read, nobody, read)) == [403, 200, 200, 200, 403]
    again = [{"method": method, "path": C} for method in ("DELETE", "PUT")]
    put = {"method": "PUT", "path": f"{RECORDS}/new"}
    assert statuses(batch(world, *again, put)) == [200, 201, 201]
    assert world("GET", f"{RECORDS}?_since=0", user="alice").ids == ["new"]


def test_rule_72_without_explicit_permissions_a_creator_has_no_rights(world_with):
    send = world_with(explicit_permissions="false")
    assert send("PUT", "/buckets/x", user="bob").json["permissions"] == {}
    assert send("GET", "/buckets/x", user="bob").status == 403


def test_rule_73_hello_ignores_wrong_credentials_and_is_not_cached(send, make_app):
    answer = send("GET", "/", headers={"Authorization": "Basic x"})
    assert (answer.status, "user" in answer.json) == (200, False)
    assert "cache-control" not in answer.headers
    answer = call(make_app(readonly="true"), "GET", "/", user="alice")
    assert answer.headers["cache-control"] == "max-age=86400"
    assert "expires" in answer.headers


def test_rule_74_permissions_are_never_not_modified(world_with):
    send = world_with(experimental_permissions_endpoint="true")
    etag = send("GET", "/permissions", user="alice").headers["etag"]
    for headers in ({"If-None-Match": etag}, {"If-None-Match": "*"}, {"If-Match": '"1"'}):
        assert send("GET", "/permissions", user="alice", headers=headers).status == 200


def test_no_surprising_rule_is_left_out():
    numbers = set()
    for path in Path(__file__).parent.glob("test_surprises_*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                numbers |= {int(n) for n in re.findall(r"^test_rule_(\d+)_", node.name)}
    assert numbers == set(range(1, 75))
