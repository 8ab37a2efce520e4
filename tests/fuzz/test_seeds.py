"""What once failed in other servers, by the numbers of the list of defects, and old seeds.

Each is tried for ever: no 5xx, the envelope of errors, and nothing lost or shown.
"""

import time

import pytest

from tests.http.conftest import RECORDS, B, C, G, R
from tests.http.wire import call

ALL = ["system.Everyone"]


@pytest.fixture
def ask(app):
    """`ask(method, url, ...)` as alice; bucket `b`, collection `c` and record `r` are there."""

    def send(method, url, **request):
        return call(app, method, url, **{"user": "alice", **request})

    for uri in (B, C, R):
        send("PUT", uri, json={"data": {"title": "first"}})
    return send


@pytest.mark.parametrize(("gone", "neighbour"), [("a_b", "axb"), ("a", "ab"), ("a-b", "a-bc")])
def test_l1_deleting_a_bucket_leaves_its_neighbours(ask, gone, neighbour):
    for name in (gone, neighbour):
        for uri in (
            f"/buckets/{name}",
            f"/buckets/{name}/collections/c",
            f"/buckets/{name}/collections/c/records/r",
        ):
            ask("PUT", uri, json={"permissions": {"read": ["x"]}})
    ask("DELETE", f"/buckets/{gone}")
    left = ask("GET", f"/buckets/{neighbour}/collections/c/records/r")
    assert left.json["permissions"]["read"] == ["x"]


def test_l2_a_neighbour_sees_nothing_of_a_bucket_that_looks_like_its_own(ask):
    for name, user in (("my_bucket", "alice"), ("myxbucket", "bob")):
        for uri in ("", "/collections/c", "/collections/c/records/r"):
            ask("PUT", f"/buckets/{name}{uri}", user=user, json={"data": {"of": user}})
    for url in ("/collections", "/collections/c/records"):
        assert ask("GET", f"/buckets/my_bucket{url}", user="bob").status == 403
    assert ask("GET", "/buckets", user="bob").ids == ["myxbucket"]


def test_l4_a_bucket_is_deleted_however_much_is_in_it(app, ask):
    with app.given(storage_max_fetch_size=2):
        for number in range(7):
            ask("PUT", f"{RECORDS}/n{number}")
        ask("DELETE", B)
        for uri in (B, C):
            ask("PUT", uri, user="bob")
    assert ask("GET", f"{RECORDS}?_since=0", user="bob").data == []


def test_l5_one_version_is_replaced_once(ask):
    headers = {"If-Match": ask("GET", R).headers["etag"]}
    statuses = [ask("PUT", R, json={"data": {"n": n}}, headers=headers).status for n in range(3)]
    assert statuses == [200, 412, 412]


def test_l8_a_conflict_in_a_batch_undoes_only_itself(ask):
    def put(name, stamp):
        return {
            "method": "PUT",
            "path": f"{RECORDS}/{name}",
            "body": {"data": {"last_modified": stamp}},
        }

    answer = ask("POST", "/batch", json={"requests": [put("a", 5), put("b", 5), put("c", 6)]})
    assert [entry["status"] for entry in answer.json["responses"]] == [201, 409, 201]
    assert sorted(ask("GET", RECORDS).ids) == ["a", "c", "r"]


@pytest.mark.parametrize(
    "query", ["has_secret=true", "has_secret=false", "not_x=1", "id=r", "_since=0", "in_id=r,s"]
)
def test_l9_no_filter_undoes_the_restriction_to_what_is_shared(ask, query):
    ask("PUT", f"{RECORDS}/s", json={"data": {"secret": 1}, "permissions": {"read": ALL}})
    ask("PUT", R, json={"data": {"secret": 1}})
    assert "r" not in ask("GET", f"{RECORDS}?{query}", user="bob").ids


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_l10_a_token_made_by_hand_is_refused(ask, method):
    token = "eyJub25jZSI6ICJvcGVuaWQ6c3RhdGU6eCIsICJvZmZzZXQiOiAieCJ9"
    assert ask(method, f"{RECORDS}?_limit=1&_token={token}").status == 400


@pytest.mark.parametrize("reference", ["http://127.0.0.1:1/x", "file:///etc/passwd", "#/nowhere"])
def test_l11_and_l12_schemas_are_local_and_cheap(make_app, reference):
    app = make_app(experimental_collection_schema_validation="true")
    for uri in (B, C):
        call(app, "PUT", uri, user="alice")
    schema = {"properties": {"t": {"$ref": reference}, "p": {"pattern": "(a+)+$"}}}
    call(app, "PATCH", C, user="alice", json={"data": {"schema": schema}})
    started = time.monotonic()
    assert call(app, "PUT", R, user="alice", json={"data": {"t": 1}}).status == 400
    call(app, "PUT", R, user="alice", json={"data": {"p": "a" * 40 + "!"}})
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("value", ["(", "(a%2B)%2B$", "[", "%5C", "*" * 15, "%25", "_"])
def test_l12_like_is_no_pattern(ask, value):
    assert ask("GET", f"{RECORDS}?like_title={value}").status == 200


def test_l14_a_412_shows_nothing_to_who_may_only_create(ask):
    ask("PATCH", C, json={"permissions": {"record:create": ALL}})
    answer = ask("PUT", R, user="bob", json={"data": {}}, headers={"If-None-Match": "*"})
    assert (answer.status, b"first" in answer.body) == (412, False)


@pytest.mark.parametrize("path", ["/batch", "/%62atch", "/v1/batch", "/%2562atch", "/batch/"])
def test_l16_batches_do_not_nest(ask, path):
    body = {"requests": [{"method": "POST", "path": path, "body": {"requests": []}}]}
    assert ask("POST", "/batch", json=body).status == 400


@pytest.mark.parametrize(
    "body",
    [b'{"data":{"a":' + b"[" * 900 + b"]" * 900 + b"}}", b'{"data":{"a":"\\u0000"}}', b'{"data":{"a":"\\ud800"}}',
     b'{"data":{"last_modified":9999999999999}}', b'{"data":{"a":1,"a":2}}', b'{"data":{"a":1e999}}',
     b'{"data":{"a":NaN}}', b'{"data":{"a":' + b"9" * 5000 + b"}}", b'{"data":{"a":"\xff"}}'],
)  # fmt: skip
def test_l17_json_is_bounded(ask, body):
    assert ask("PUT", R, body=body).error[:2] == (400, 107)
    assert ask("GET", R).data["title"] == "first"


@pytest.mark.parametrize("name", ["r9%0A", "%0Ar9", "r9%20", "r9%00"])
def test_l18_identifiers_are_matched_whole(ask, name):
    assert ask("PUT", f"{RECORDS}/{name}", json={}).status == 400
    assert ask("PUT", "/buckets/mydefaults").status == 201


def test_l19_answers_are_no_windows_into_the_store(app, ask):
    ask("PUT", R, json={"data": {"a": {"b": [1]}}})
    found = app.storage.get("record", C, "r")
    found["a"]["b"].append(2)
    assert ask("GET", R).data["a"] == {"b": [1]}


def test_l22_reads_write_nothing(ask):
    before = [ask("GET", url).etag for url in (f"{B}/groups", RECORDS, "/buckets")]
    assert [ask("GET", url).etag for url in (f"{B}/groups", RECORDS, "/buckets")] == before


SEEDS = [
    ("GET", f"{RECORDS}/%0d%0aX-Evil:1", {}), ("GET", "/buckets/%ff", {}), ("GET", f"{RECORDS}?x=%00", {}),
    ("GET", f"{RECORDS}?_limit=99999999999999999999999", {}), ("GET", f"{RECORDS}?min_x=", {}),
    ("PUT", R, {"headers": {"If-Match": "*"}}), ("GET", R, {"headers": {"If-None-Match": '"\xe9\xff"'}}),
    ("GET", "/permissions", {"headers": {"If-Match": '"1"'}}), ("POST", "/batch", {"body": b'{"requests":[{"path":"/"},]}'}),
    ("POST", RECORDS, {"json": {"data": {"id": 12}}}), ("POST", RECORDS, {"json": "x"}), ("POST", RECORDS, {"json": [1]}),
    ("GET", f"{RECORDS}?like_x=12", {}), ("PUT", C, {"json": {"data": {"schema": {"required": None}}}}),
    ("PUT", R, {"json": {"permissions": {"read": ["x", "x"]}}}), ("PUT", R, {"json": {"permissions": {"read": []}}}),
    ("PUT", R, {"json": {"permissions": {"nope": ["x"]}}}), ("GET", f"{RECORDS}?_since=null", {}),
    ("GET", f"{RECORDS}/a(b", {}), ("GET", f"{RECORDS}?_token=bnVsbA==", {}), ("PUT", G, {"json": {"data": {"members": [[]]}}}),
    ("GET", f"{RECORDS}?contains_id=x", {}), ("GET", f"{RECORDS}?contains_last_modified=1", {}), ("GET", "/buckets/collections", {}),
]  # fmt: skip


@pytest.mark.parametrize(("method", "url", "request_"), SEEDS)
def test_old_seeds_are_answered(ask, method, url, request_):
    assert ask(method, url, **request_).status < 500
    assert ask("GET", R).status == 200
