"""API tokens: made, shown once, refused when they are not, or no longer, good."""

from __future__ import annotations

import pytest

from kinto.core.runtime import clock
from kinto.plugins.accounts import keys
from tests.factories import credentials
from tests.plugins.accounts.conftest import OWN, SETTINGS, bearer, ids, token_body

HOUR = 3600


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


def test_wrong_tokens_do_not_shut_the_user_out(make_app):
    app = make_app(**SETTINGS, account_failures_per_account="2")
    app.post_json("/accounts", {"data": {"id": "ann", "password": "secret"}})
    text, _ = keys.new_key("token", "ann")
    for _ in range(5):
        assert "user" not in app.get("/", headers=credentials("ann", text)).json
    assert "user" in app.get("/", headers=credentials("ann")).json
