"""Deleting an account: what goes with it, and what the next one of its name does not get."""

from __future__ import annotations

from tests.factories import credentials
from tests.plugins.accounts.conftest import OWN, SETTINGS, bearer, ids


def test_a_deleted_account_leaves_no_key(app, ann, make_token):
    text = make_token()["token"]
    opened = app.post_json("/accounts/ann/sessions", {}, headers=ann).json["data"]["token"]
    app.delete("/accounts/ann", headers=ann)
    app.post_json("/accounts", {"data": {"id": "ann", "password": "secret"}}, status=201)
    for item in (text, opened):
        assert "user" not in app.get("/", headers=bearer(item)).json
    for kind in ("tokens", "sessions"):
        assert ids(app, f"/accounts/ann/{kind}", ann) == []


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


def test_deleting_with_the_data_erases_it(app, world):
    assert app.delete("/accounts/ann?erase_data=true", headers=world).json["data"]["deleted"]
    assert app.storage.list_all("bucket", "") == []
    app.post_json("/accounts", {"data": {"id": "ann", "password": "secret"}}, status=201)
    app.get(OWN, headers=world, status=403)


def test_deleting_without_the_data_leaves_it(app, world):
    app.delete("/accounts/ann", headers=world)
    assert len(app.storage.list_all("bucket", "")) == 2


def test_who_gets_the_name_later_inherits_no_right(app, ann, sign_up):
    """Neither of what was theirs alone, nor of what was shared with them, nor by a group."""
    bob = sign_up("bob")
    app.put_json("/buckets/own", headers=bob)
    shared = {"permissions": {"read": ["account:bob"]}}
    app.put_json("/buckets/shared", shared, headers=ann)
    app.put_json("/buckets/grouped", headers=ann)
    members = {"data": {"members": ["account:bob", "account:carl"]}}
    app.put_json("/buckets/grouped/groups/g", members, headers=ann)
    of_group = {"permissions": {"read": ["/buckets/grouped/groups/g"]}}
    app.patch_json("/buckets/grouped", of_group, headers=ann)
    buckets = ("own", "shared", "grouped")
    for name in buckets:
        app.get(f"/buckets/{name}", headers=bob)
    app.delete("/accounts/bob", headers=bob)
    later = sign_up("bob")
    for name in buckets:
        app.get(f"/buckets/{name}", headers=later, status=403)
    assert "read" not in app.get("/buckets/shared", headers=ann).json["permissions"]
    # A change of the group brings nobody back.
    app.patch_json("/buckets/grouped/groups/g", {"data": {"a": 1}}, headers=ann)
    app.get("/buckets/grouped", headers=later, status=403)
    app.get("/buckets/grouped", headers=sign_up("carl"))


def test_a_deleted_list_of_accounts_leaves_no_right(app, ann, admin, sign_up):
    app.put_json("/buckets/own", headers=ann)
    deleted = app.delete("/accounts", headers=admin).json["data"]
    assert {item["id"] for item in deleted} == {"admin", "ann"}
    app.get("/buckets/own", headers=sign_up("ann"), status=403)


def test_rights_are_those_of_the_account_in_the_rest_of_a_batch_too(app, ann):
    app.put_json("/buckets/own", headers=ann)
    requests = [
        {"method": "DELETE", "path": "/accounts/ann"},
        {"method": "POST", "path": "/accounts", "body": {"data": {"id": "ann", "password": "new"}}},
        {"path": "/buckets/own", "headers": credentials("ann", "new")},
    ]
    resp = app.post_json("/batch", {"requests": requests}, headers=ann)
    assert [item["status"] for item in resp.json["responses"]] == [200, 201, 403]


def test_an_account_that_goes_with_somebody_elses_data_leaves_no_right(make_app):
    app = make_app(**{**SETTINGS, "user-data_delete_principals": "account:admin"})
    for name in ("ann", "admin"):
        app.post_json("/accounts", {"data": {"id": name, "password": "secret"}}, status=201)
    app.put_json("/buckets/own", headers=credentials("ann"))
    app.permission.replace_object_permissions("/accounts/ann", {"write": ["account:carl"]})
    app.delete("/__user_data__/account:carl", headers=credentials("admin"))
    app.post_json("/accounts", {"data": {"id": "ann", "password": "secret"}}, status=201)
    app.get("/buckets/own", headers=credentials("ann"), status=403)


def test_a_refused_deletion_takes_no_right(app, ann, sign_up):
    app.put_json("/buckets/own", headers=ann)
    app.delete("/accounts/ann", headers={**ann, "If-Match": '"1"'}, status=412)
    app.delete("/accounts/ann", headers=sign_up("bob"), status=403)
    app.get("/buckets/own", headers=ann)
