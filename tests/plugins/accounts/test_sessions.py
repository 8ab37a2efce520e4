"""Sessions: opened with a password, good for everything but to change or delete the account."""

from __future__ import annotations

from tests.plugins.accounts.conftest import OWN, bearer, token_body


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
