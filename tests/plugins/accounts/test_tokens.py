"""API tokens and sessions: what they are good for, and that they are not good for anything else."""

from __future__ import annotations

import json

import pytest

from kinto.core.runtime import clock
from kinto.plugins.accounts import keys
from tests.factories import credentials
from tests.plugins.accounts.conftest import SETTINGS

OWN = "/buckets/b/collections/c"
HOUR = 3600


def bearer(text):
    return {"Authorization": f"Bearer {text}"}


def token_body(*resources, access="write", **data):
    return {"data": {"name": "laptop", "access": access, "resources": [*resources], **data}}


@pytest.fixture
def make_token(app, ann):
    def make(*resources, access="write", **data):
        body = token_body(*(resources or (OWN,)), access=access, **data)
        return app.post_json("/accounts/ann/tokens", body, headers=ann, status=201).json["data"]

    return make


@pytest.fixture
def world(app, ann):
    """Two buckets of ann's, with two collections each, and a record in each of those."""
    for bucket in "bd":
        app.put_json(f"/buckets/{bucket}", headers=ann)
        app.put_json(f"/buckets/{bucket}/groups/g", {"data": {"members": []}}, headers=ann)
        for collection in "ce":
            uri = f"/buckets/{bucket}/collections/{collection}"
            app.put_json(uri, headers=ann)
            app.put_json(f"{uri}/records/r", {"data": {"a": 1}}, headers=ann)
    return ann


def ids(app, path, headers, **kwargs):
    return [item["id"] for item in app.get(path, headers=headers, **kwargs).json["data"]]


def test_a_token_is_shown_once_and_stored_hashed(app, ann, make_token):
    made = make_token(expires_in=HOUR)
    secret = made["token"].rpartition(".")[2]
    shown = {name: value for name, value in made.items() if name != "token"}
    assert sorted(shown) == ["access", "created_at", "expires_at", "id", "name", "resources"]
    assert made["expires_at"] - made["created_at"] == HOUR * 1000
    assert app.get("/accounts/ann/tokens", headers=ann).json == {"data": [shown]}
    assert app.get(f"/accounts/ann/tokens/{made['id']}", headers=ann).json == {"data": shown}
    stored = app.storage.list_all("account-token", "/accounts/ann")
    assert secret not in str(stored)


@pytest.mark.parametrize("form", ["bearer", "password"])
def test_a_token_identifies_the_user_either_way(app, make_token, form):
    text = make_token()["token"]
    headers = bearer(text) if form == "bearer" else credentials("ann", text)
    assert app.get("/", headers=headers).json["user"]["id"] == "account:ann"


def test_a_token_of_one_account_is_no_password_of_another(app, make_token, sign_up):
    sign_up("bob")
    text = make_token()["token"]
    assert "user" not in app.get("/", headers=credentials("bob", text)).json


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:-1] + ("0" if text[-1] != "0" else "1"),
        lambda text: text.replace("kinto_t", "kinto_s"),
        lambda text: text.rpartition(".")[0],
        lambda text: text + ".x",
        lambda text: "kinto_t." + text.split(".", 2)[2],
        lambda text: "kinto_t.!!!." + text.split(".", 2)[2],
        lambda text: "kinto_t.YQ." + text.split(".", 2)[2],
        lambda text: text.replace(".", ".é", 1),
        lambda text: "kinto_r." + text.partition(".")[2],
        lambda text: "kinto_",
    ],
)
def test_spoiled_tokens_are_anonymous(app, make_token, spoil):
    text = spoil(make_token()["token"])
    for headers in (bearer(text.encode().decode("latin-1")), credentials("ann", text)):
        assert "user" not in app.get("/", headers=headers).json


ALLOWED = [
    ("GET", OWN, 200),
    ("PATCH", OWN, 200),
    ("GET", f"{OWN}/records", 200),
    ("HEAD", f"{OWN}/records", 200),
    ("GET", f"{OWN}/records/r", 200),
    ("GET", f"{OWN}/records/unknown", 404),
    ("PUT", f"{OWN}/records/new", 201),
    ("POST", f"{OWN}/records", 201),
    ("PATCH", f"{OWN}/records/r", 200),
    ("DELETE", f"{OWN}/records/r", 200),
    ("DELETE", f"{OWN}/records", 200),
    ("DELETE", OWN, 200),
    ("GET", "/buckets/b/collections", 200),
    ("GET", "/permissions", 200),
    ("PUT", OWN, 201),
    ("DELETE", "/buckets/b/collections", 200),
]
REFUSED = [
    ("GET", "/buckets", 403),
    ("POST", "/buckets", 403),
    ("DELETE", "/buckets", 403),
    ("PUT", "/buckets/new", 403),
    ("GET", "/buckets/b", 403),
    ("PATCH", "/buckets/b", 403),
    ("DELETE", "/buckets/b", 403),
    ("POST", "/buckets/b/collections", 403),
    ("PUT", "/buckets/b/collections/new", 403),
    ("GET", "/buckets/b/collections/e", 403),
    ("DELETE", "/buckets/b/collections/e", 403),
    ("GET", "/buckets/b/collections/e/records", 403),
    ("GET", "/buckets/b/collections/e/records/r", 403),
    ("PUT", "/buckets/b/collections/e/records/new", 403),
    ("DELETE", "/buckets/b/collections/e/records", 403),
    ("GET", "/buckets/b/groups", 403),
    ("GET", "/buckets/b/groups/g", 403),
    ("PATCH", "/buckets/b/groups/g", 403),
    ("GET", "/buckets/b/history", 403),
    ("DELETE", "/buckets/b/history", 403),
    ("GET", "/buckets/b/snapshot/collections/e@1", 403),
    ("GET", "/buckets/d/collections/c/records", 403),
    ("GET", "/buckets/default", 403),
    ("GET", "/buckets/default/collections/c/records", 403),
    ("GET", "/accounts", 403),
    ("GET", "/accounts/ann", 403),
    ("PATCH", "/accounts/ann", 403),
    ("DELETE", "/accounts/ann", 403),
    ("GET", "/accounts/ann/tokens", 403),
    ("POST", "/accounts/ann/tokens", 403),
    ("DELETE", "/accounts/ann/tokens", 403),
    ("GET", "/accounts/ann/sessions", 403),
    ("POST", "/accounts/ann/sessions", 403),
    ("DELETE", "/__user_data__/account:ann", 403),
    ("POST", "/__flush__", 403),
]
BODIES = {
    "PATCH": {"data": {"x": 1}},
    "PUT": {"data": {}},
    "POST": {"data": {"name": "x", "access": "write", "resources": ["/buckets"]}},
}


@pytest.mark.parametrize("rows", [ALLOWED, REFUSED], ids=["allowed", "refused"])
def test_a_token_reaches_its_collection_and_nothing_else(everywhere, rows):
    app, headers = everywhere
    seen = []
    for method, path, _ in rows:
        body = json.dumps(BODIES[method]).encode() if method in BODIES else b""
        kind = {"Content-Type": "application/json"} if body else {}
        resp = app.request(
            path, method=method, headers={**headers, **kind}, body=body, expect_errors=True
        )
        seen.append((method, path, resp.status_int))
    assert seen == rows


@pytest.mark.parametrize("rows", [ALLOWED, REFUSED], ids=["allowed", "refused"])
def test_the_same_in_batches(everywhere, rows):
    app, headers = everywhere
    seen = []
    for start in range(0, len(rows), 20):
        some = rows[start : start + 20]
        requests = [
            {
                "method": method,
                "path": path,
                **({"body": BODIES[method]} if method in BODIES else {}),
            }
            for method, path, _ in some
        ]
        resp = app.post_json("/batch", {"requests": requests}, headers=headers)
        statuses = [item["status"] for item in resp.json["responses"]]
        seen += [(*row[:2], status) for row, status in zip(some, statuses, strict=True)]
    assert seen == rows


@pytest.fixture
def everywhere(make_app):
    """An application with every plugin, the world of an administrator, and a token of hers."""
    app = make_app(
        **{
            **SETTINGS,
            "includes": "kinto.plugins.accounts kinto.plugins.default_bucket"
            " kinto.plugins.history kinto.plugins.flush",
            "default_bucket_hmac_secret": "of the tests",
            "bucket_create_principals": "system.Authenticated",
            "experimental_permissions_endpoint": "true",
            "account_write_principals": "account:ann",
            "account_read_principals": "account:ann",
            "flush_create_principals": "account:ann",
            "user-data_delete_principals": "account:ann",
        }
    )
    app.post_json("/accounts", {"data": {"id": "ann", "password": "secret"}}, status=201)
    ann = credentials("ann")
    for path in ("/buckets/b", "/buckets/d"):
        app.put_json(path, headers=ann)
        app.put_json(f"{path}/groups/g", {"data": {"members": []}}, headers=ann)
        for name in "ce":
            app.put_json(f"{path}/collections/{name}", headers=ann)
            app.put_json(f"{path}/collections/{name}/records/r", headers=ann)
    made = app.post_json("/accounts/ann/tokens", token_body(OWN), headers=ann, status=201)
    return app, bearer(made.json["data"]["token"])


def test_lists_hold_what_is_within_reach(everywhere):
    app, headers = everywhere
    assert ids(app, "/buckets/b/collections", headers) == ["c"]
    resp = app.head("/buckets/b/collections", headers=headers)
    assert resp.headers["Total-Objects"] == "1"
    for query in ("id=e", "not_id=c", "_since=0&id=e", "_sort=id&gt_id=c"):
        assert ids(app, f"/buckets/b/collections?{query}", headers) == []
    assert [
        item["id"] for item in app.delete("/buckets/b/collections", headers=headers).json["data"]
    ] == ["c"]
    assert ids(app, "/buckets/b/collections", credentials("ann")) == ["e"]


def test_the_permissions_endpoint_shows_what_the_token_may(everywhere):
    app, headers = everywhere
    entries = app.get("/permissions", headers=headers).json["data"]
    assert sorted(item["uri"] for item in entries) == [OWN, f"{OWN}/records/r"]
    made = app.post_json(
        "/accounts/ann/tokens", token_body("/buckets", access="read"), headers=credentials("ann")
    )
    entries = app.get("/permissions", headers=bearer(made.json["data"]["token"])).json["data"]
    assert "/buckets/d" in [item["uri"] for item in entries]
    assert {name for item in entries for name in item["permissions"]} <= {"read", "read:attributes"}
    assert {item["resource_name"] for item in entries} <= {
        "bucket",
        "collection",
        "group",
        "record",
    }


def test_errors_show_nothing_that_is_out_of_reach(everywhere):
    app, headers = everywhere
    stale = {**headers, "If-None-Match": "*"}
    resp = app.put_json(f"{OWN}/records/r", {"data": {}}, headers=stale, status=412)
    assert resp.json["details"]["existing"]["id"] == "r"
    resp = app.put_json(
        "/buckets/b/collections/e/records/r", {"data": {}}, headers=stale, status=403
    )
    assert "details" not in resp.json


def test_a_token_of_a_bucket_reaches_what_is_in_it(everywhere):
    app, _ = everywhere
    made = app.post_json(
        "/accounts/ann/tokens", token_body("/buckets/b"), headers=credentials("ann")
    )
    headers = bearer(made.json["data"]["token"])
    assert ids(app, "/buckets", headers) == ["b"]
    assert ids(app, "/buckets/b/collections", headers) == ["e", "c"]
    app.get("/buckets/b/history", headers=headers)
    app.get("/buckets/b/groups/g", headers=headers)
    app.get("/buckets/d", headers=headers, status=403)
    app.put_json("/buckets/bb", headers=headers, status=403)


def test_a_reading_token_changes_nothing(everywhere):
    app, _ = everywhere
    made = app.post_json(
        "/accounts/ann/tokens", token_body("/buckets", access="read"), headers=credentials("ann")
    )
    headers = bearer(made.json["data"]["token"])
    before = app.storage.resource_timestamp("bucket", "")
    shown = app.get(f"{OWN}/records/r", headers=headers).json
    assert "write" not in shown.get("permissions", {})
    app.get("/buckets/b/history", headers=headers)
    for method, path in (
        ("DELETE", f"{OWN}/records/r"),
        ("DELETE", f"{OWN}/records"),
        ("DELETE", f"{OWN}/records/unknown"),
        ("DELETE", "/buckets/b/history"),
        ("GET", "/buckets/default"),
    ):
        app.request(path, method=method, headers=headers, status=403)
    app.put_json(f"{OWN}/records/n", headers=headers, status=403)
    app.post_json(f"{OWN}/records", {"data": {}}, headers=headers, status=403)
    app.patch_json(f"{OWN}/records/r", {"data": {"a": 2}}, headers=headers, status=403)
    app.put_json("/buckets/n", headers=headers, status=403)
    assert app.storage.resource_timestamp("bucket", "") == before


def test_a_token_of_a_collection_of_the_personal_bucket(everywhere):
    app, _ = everywhere
    ann = credentials("ann")
    body = token_body("/buckets/default/collections/tasks")
    made = app.post_json("/accounts/ann/tokens", body, headers=ann).json["data"]
    bucket = app.get("/", headers=ann).json["user"]["bucket"]
    assert made["resources"] == [f"/buckets/{bucket}/collections/tasks"]
    headers = bearer(made["token"])
    app.put_json("/buckets/default/collections/tasks/records/r", headers=headers, status=201)
    app.get("/buckets/default/collections/other/records", headers=headers, status=403)
    assert ids(app, "/buckets/default/collections", ann) == ["tasks"]


def test_batches_with_other_credentials_are_narrowed_each_for_itself(everywhere):
    app, headers = everywhere
    path = "/buckets/b/collections/e/records"
    requests = [
        {"path": path},
        {"path": path, "headers": credentials("ann")},
        {"path": path},
        {"path": f"{OWN}/records"},
    ]
    resp = app.post_json("/batch", {"requests": requests}, headers=headers)
    assert [item["status"] for item in resp.json["responses"]] == [403, 200, 403, 200]
    resp = app.post_json(
        "/batch",
        {"requests": [{**requests[0], "headers": headers}, requests[0]]},
        headers=credentials("ann"),
    )
    assert [item["status"] for item in resp.json["responses"]] == [403, 200]


def test_files_are_within_reach_with_their_record(make_app, tmp_path):
    app = make_app(
        **{**SETTINGS, "includes": "kinto.plugins.accounts kinto.plugins.attachments"},
        **{"attachment.base_path": str(tmp_path)},
    )
    app.post_json("/accounts", {"data": {"id": "ann", "password": "secret"}}, status=201)
    ann = credentials("ann")
    app.put_json("/buckets/b", headers=ann)
    for name in "ce":
        uri = f"/buckets/b/collections/{name}"
        app.put_json(uri, headers=ann)
        file = [("attachment", "a.txt", b"hello")]
        app.post(f"{uri}/records/r/attachment", upload_files=file, headers=ann, status=201)
    for access, status in (("write", 200), ("read", 403)):
        made = app.post_json("/accounts/ann/tokens", token_body(OWN, access=access), headers=ann)
        headers = bearer(made.json["data"]["token"])
        file = "records/r/attachments/main"
        assert app.get(f"{OWN}/{file}", headers=headers).body == b"hello"
        again = [("attachment", "a.txt", b"again" if status == 200 else b"other")]
        path = f"{OWN}/records/r/attachment"
        app.post(path, upload_files=again, headers=headers, status=status)
        app.post(path, upload_files=[("attachment", "a.txt", b"hello")], headers=ann)
        other = "/buckets/b/collections/e"
        app.get(f"{other}/{file}", headers=headers, status=403)
        app.delete(f"{other}/records/r/attachment", headers=headers, status=403)
        path = f"{other}/records/r/attachment"
        app.post(path, upload_files=again, headers=headers, status=403)


def test_a_token_gives_no_right_that_the_user_lacks(app, world, sign_up):
    bob = sign_up("bob")
    made = app.post_json("/accounts/bob/tokens", token_body("/buckets"), headers=bob)
    app.get(OWN, headers=bearer(made.json["data"]["token"]), status=403)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ({}, "data.access"),
        ({"name": ""}, "data.name"),
        ({"access": "admin"}, "data.access"),
        ({"resources": []}, "data.resources"),
        ({"resources": ["/"]}, "data.resources"),
        ({"resources": ["/accounts/ann"]}, "data.resources"),
        ({"resources": ["/buckets/b/groups/g"]}, "data.resources"),
        ({"resources": ["/buckets/b/collections/c/records/r"]}, "data.resources"),
        ({"resources": ["/buckets/*"]}, "data.resources"),
        ({"resources": ["/buckets/b/collections/c\n"]}, "data.resources"),
        ({"resources": "/buckets"}, "data.resources"),
        ({"expires_in": 0}, "data.expires_in"),
        ({"expires_in": 10**9}, "data.expires_in"),
        ({"resource": ["/buckets/b"]}, "data"),
    ],
)
def test_tokens_that_are_refused(app, ann, data, name):
    body = token_body(OWN)
    body["data"] = {**body["data"], **data} if data else {}
    resp = app.post_json("/accounts/ann/tokens", body, headers=ann, status=400)
    assert resp.json["details"][0]["name"].startswith(name)


@pytest.mark.parametrize("kind", ["tokens", "sessions"])
def test_keys_are_for_their_owner_and_administrators(app, ann, admin, sign_up, kind):
    bob = sign_up("bob")
    body = token_body(OWN) if kind == "tokens" else {}
    path = f"/accounts/ann/{kind}"
    made = app.post_json(path, body, headers=ann, status=201).json["data"]
    app.patch_json("/accounts/ann", {"permissions": {"write": ["account:bob"]}}, headers=ann)
    for headers, status in (({}, 401), (bob, 403)):
        app.get(path, headers=headers, status=status)
        app.get(f"{path}/{made['id']}", headers=headers, status=status)
        app.delete(f"{path}/{made['id']}", headers=headers, status=status)
        app.delete(path, headers=headers, status=status)
        app.post_json(path, body, headers=headers, status=status)
        app.get("/accounts/unknown/" + kind, headers=headers, status=status)
    app.post_json(path, body, headers=admin, status=403)
    app.get("/accounts/unknown/" + kind, headers=admin, status=404)
    assert ids(app, path, admin) == [made["id"]]
    app.delete(f"{path}/{made['id']}", headers=admin)
    app.get(f"{path}/{made['id']}", headers=admin, status=404)
    app.delete(f"{path}/{made['id']}", headers=ann, status=404)


def test_a_revoked_token_is_refused_at_once(app, world, make_token):
    made = make_token()
    headers = bearer(made["token"])
    app.get(OWN, headers=headers)
    app.delete(f"/accounts/ann/tokens/{made['id']}", headers=world)
    app.get(OWN, headers=headers, status=401)
    others = [make_token()["token"] for _ in range(2)]
    app.delete("/accounts/ann/tokens", headers=world)
    for text in others:
        app.get(OWN, headers=bearer(text), status=401)


def test_a_token_ends_at_its_time(app, world, make_token, monkeypatch):
    headers = bearer(make_token(expires_in=HOUR)["token"])
    app.get(OWN, headers=headers)
    later = clock.now_ms() + HOUR * 1000 + 1
    monkeypatch.setattr(keys.clock, "now_ms", lambda: later)
    app.get(OWN, headers=headers, status=401)
    assert ids(app, "/accounts/ann/tokens", world) == []


def test_there_are_only_so_many(make_app):
    app = make_app(**SETTINGS, account_tokens_per_account="2", account_sessions_per_account="2")
    app.post_json("/accounts", {"data": {"id": "ann", "password": "secret"}})
    ann = credentials("ann")
    for status in (201, 201, 400):
        app.post_json("/accounts/ann/tokens", token_body(OWN), headers=ann, status=status)
    opened = [
        app.post_json("/accounts/ann/sessions", {}, headers=ann).json["data"] for _ in range(3)
    ]
    assert ids(app, "/accounts/ann/sessions", ann) == [opened[2]["id"], opened[1]["id"]]


def test_a_deleted_account_leaves_no_key(app, ann, make_token):
    text = make_token()["token"]
    opened = app.post_json("/accounts/ann/sessions", {}, headers=ann).json["data"]["token"]
    app.delete("/accounts/ann", headers=ann)
    app.post_json("/accounts", {"data": {"id": "ann", "password": "secret"}}, status=201)
    for item in (text, opened):
        assert "user" not in app.get("/", headers=bearer(item)).json
    for kind in ("tokens", "sessions"):
        assert ids(app, f"/accounts/ann/{kind}", ann) == []


def test_a_session_is_opened_with_the_password_used_and_closed(app, ann, monkeypatch):
    opened = app.post_json("/accounts/ann/sessions", {}, headers=ann, status=201).json["data"]
    session = bearer(opened["token"])
    app.cache.flush()
    monkeypatch.setattr("kinto.plugins.accounts.utils.bcrypt.checkpw", None)
    assert app.get("/", headers=session).json["user"]["id"] == "account:ann"
    app.patch_json("/accounts/ann", {"data": {"city": "Bergen"}}, headers=session)
    current = app.get("/accounts/ann/sessions/current", headers=session).json["data"]
    assert current["id"] == opened["id"]
    app.post_json("/accounts/ann/sessions", {}, headers=session, status=403)
    assert app.delete("/accounts/ann/sessions/current", headers=session).json["data"]["deleted"]
    app.get("/accounts/ann", headers=session, status=401)


def test_a_session_does_not_change_the_password(app, ann):
    opened = app.post_json("/accounts/ann/sessions", {}, headers=ann).json["data"]
    session = bearer(opened["token"])
    body = {"data": {"password": "other"}}
    app.patch_json("/accounts/ann", body, headers=session, status=403)
    app.put_json("/accounts/ann", body, headers=session, status=403)
    assert "user" in app.get("/", headers=ann).json


def test_a_session_does_not_delete_the_account_which_others_would_make_again(app, ann):
    opened = app.post_json("/accounts/ann/sessions", {}, headers=ann).json["data"]
    session = bearer(opened["token"])
    for path in ("/accounts/ann", "/accounts"):
        app.delete(path, headers=session, status=403)
        request = {"method": "DELETE", "path": path}
        body = {"requests": [request]}
        answers = app.post_json("/batch", body, headers=session).json["responses"]
        assert [answer["status"] for answer in answers] == [403]
    assert "user" in app.get("/", headers=ann).json
    app.delete("/accounts/ann", headers=ann)


def test_a_new_password_ends_sessions_and_leaves_tokens(app, ann, make_token):
    text = make_token()["token"]
    opened = app.post_json("/accounts/ann/sessions", {}, headers=ann).json["data"]["token"]
    app.patch_json("/accounts/ann", {"data": {"password": "new"}}, headers=ann)
    assert "user" not in app.get("/", headers=bearer(opened)).json
    assert "user" in app.get("/", headers=bearer(text)).json


def test_a_session_makes_tokens(app, ann):
    opened = app.post_json("/accounts/ann/sessions", {}, headers=ann).json["data"]["token"]
    app.post_json("/accounts/ann/tokens", token_body(OWN), headers=bearer(opened), status=201)


def test_a_session_closed_in_a_batch_is_closed_for_the_rest_of_it(app, ann):
    opened = app.post_json("/accounts/ann/sessions", {}, headers=ann).json["data"]["token"]
    requests = [
        {"path": "/accounts/ann"},
        {"method": "DELETE", "path": "/accounts/ann/sessions/current"},
        {"path": "/accounts/ann"},
    ]
    resp = app.post_json("/batch", {"requests": requests}, headers=bearer(opened))
    assert [item["status"] for item in resp.json["responses"]] == [200, 200, 401]


def test_wrong_tokens_do_not_shut_the_user_out(make_app):
    app = make_app(**SETTINGS, account_failures_per_account="2")
    app.post_json("/accounts", {"data": {"id": "ann", "password": "secret"}})
    text, _ = keys.new_key("token", "ann")
    for _ in range(5):
        assert "user" not in app.get("/", headers=credentials("ann", text)).json
    assert "user" in app.get("/", headers=credentials("ann")).json


def test_deleting_with_the_data_erases_it(app, world):
    assert app.delete("/accounts/ann?erase_data=true", headers=world).json["data"]["deleted"]
    assert app.storage.list_all("bucket", "") == []
    app.post_json("/accounts", {"data": {"id": "ann", "password": "secret"}}, status=201)
    app.get(OWN, headers=world, status=403)


def test_deleting_without_the_data_leaves_it(app, world):
    app.delete("/accounts/ann", headers=world)
    assert len(app.storage.list_all("bucket", "")) == 2
