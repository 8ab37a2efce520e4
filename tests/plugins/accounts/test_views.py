"""`/accounts`: who may do what, and what is refused (plugins: 4.3)."""

from __future__ import annotations

import pytest

from kinto.plugins.accounts.utils import CREDENTIALS
from tests.factories import credentials
from tests.plugins.accounts.conftest import SETTINGS

NEW = {"data": {"id": "new", "password": "pw"}}


def test_anybody_signs_up_and_owns_the_account(app):
    resp = app.post_json("/accounts", NEW, status=201)
    assert resp.json["data"]["id"] == "new"
    assert resp.json["permissions"] == {"write": ["account:new"]}
    user = app.get("/", headers=credentials("new", "pw")).json["user"]
    assert user["id"] == "account:new"
    assert user["principals"][0] == "account:new"


@pytest.mark.parametrize(
    ("method", "path", "body", "anonymous", "user", "administrator"),
    [
        ("GET", "/accounts", None, 401, 200, 200),
        ("HEAD", "/accounts", None, 401, 200, 200),
        ("DELETE", "/accounts", None, 401, 200, 200),
        ("POST", "/accounts", NEW, 201, 400, 201),
        ("POST", "/accounts", {"data": {"id": "ann", "password": "x"}}, 401, 200, 200),
        ("POST", "/accounts", {"data": {"id": "bob", "password": "x"}}, 401, 400, 200),
        ("PUT", "/accounts/new", NEW, 201, 400, 201),
        ("PUT", "/accounts/ann", {"data": {"password": "x"}}, 401, 200, 200),
        ("PUT", "/accounts/bob", {"data": {"password": "x"}}, 401, 400, 200),
        ("GET", "/accounts/ann", None, 401, 200, 200),
        ("GET", "/accounts/bob", None, 401, 403, 200),
        ("GET", "/accounts/unknown", None, 401, 403, 404),
        ("PATCH", "/accounts/ann", {"data": {"a": 1}}, 401, 200, 200),
        ("PATCH", "/accounts/bob", {"data": {"a": 1}}, 401, 403, 200),
        ("PATCH", "/accounts/unknown", {"data": {"a": 1}}, 401, 403, 404),
        ("DELETE", "/accounts/ann", None, 401, 200, 200),
        ("DELETE", "/accounts/bob", None, 401, 403, 200),
        ("DELETE", "/accounts/unknown", None, 401, 403, 404),
        ("GET", "/accounts/ann/b", None, 404, 404, 404),
    ],
)
@pytest.mark.parametrize("who", ["anonymous", "user", "administrator"])
def test_who_may_do_what(
    app, sign_up, ann, admin, method, path, body, anonymous, user, administrator, who
):
    sign_up("bob")
    headers = {"anonymous": {}, "user": ann, "administrator": admin}[who]
    status = {"anonymous": anonymous, "user": user, "administrator": administrator}[who]
    if body is None:
        app.request(path, method=method, headers=headers, status=status)
    else:
        getattr(app, f"{method.lower()}_json")(path, body, headers=headers, status=status)


def test_nobody_signs_up_by_default(make_app):
    app = make_app(**{**SETTINGS, "account_create_principals": ""})
    app.post_json("/accounts", NEW, status=401)


def test_lists_show_users_themselves_and_administrators_everybody(app, ann, admin):
    def ids(headers):
        return {item["id"] for item in app.get("/accounts", headers=headers).json["data"]}

    assert (ids(ann), ids(admin)) == ({"ann"}, {"ann", "admin"})


def test_an_administrator_without_the_right_to_read_lists_its_own(make_app):
    app = make_app(**{**SETTINGS, "account_read_principals": ""})
    for name in ("admin", "ann"):
        app.post_json("/accounts", {"data": {"id": name, "password": "secret"}})
    admin = credentials("admin")
    assert [item["id"] for item in app.get("/accounts", headers=admin).json["data"]] == ["admin"]
    app.get("/accounts/ann", headers=admin)


def test_the_list_is_refused_to_anonymous_callers_in_its_own_way(app):
    resp = app.get("/accounts", status=401)
    assert resp.json == {"code": 401, "errno": 999, "error": "Cannot read accounts."}


def test_a_user_deletes_its_own_account_only(app, ann, admin):
    deleted = app.delete("/accounts", headers=ann).json["data"]
    assert [item["id"] for item in deleted] == ["ann"]
    app.get("/accounts/admin", headers=admin)
    assert "user" not in app.get("/", headers=ann).json


def test_accounts_made_by_an_administrator_belong_to_whom_they_name(app, admin):
    app.put_json("/accounts/new", NEW, headers=admin, status=201)
    new = credentials("new", "pw")
    for headers in (admin, new):
        app.patch_json("/accounts/new", {"data": {"a": 1}}, headers=headers)
    assert app.get("/accounts/new", headers=new).json["permissions"] == {"write": ["account:new"]}


@pytest.mark.parametrize("permission", ["read", "write"])
@pytest.mark.parametrize(("method", "status"), [("GET", 404), ("PATCH", 404), ("DELETE", 404)])
def test_shared_accounts_are_not_reached_by_others(app, ann, sign_up, permission, method, status):
    bob = sign_up("bob")
    shared = {"permissions": {permission: ["account:bob"]}}
    app.patch_json("/accounts/ann", shared, headers=ann)
    expected = 403 if (permission, method) in {("read", "PATCH"), ("read", "DELETE")} else status
    body = {"data": {"a": 1}}
    if method == "PATCH":
        app.patch_json("/accounts/ann", body, headers=bob, status=expected)
    else:
        app.request("/accounts/ann", method=method, headers=bob, status=expected)
    assert [item["id"] for item in app.get("/accounts", headers=bob).json["data"]] == ["bob"]


@pytest.mark.parametrize(
    ("method", "path", "body", "name"),
    [
        ("POST", "/accounts", {"data": {"id": "x"}}, "data.password"),
        ("POST", "/accounts", {"data": {"id": "x", "password": ""}}, "data.password"),
        ("POST", "/accounts", {"data": {"id": "x", "password": None}}, "data.password"),
        ("POST", "/accounts", {"data": {"id": "x", "password": 123}}, "data.password"),
        ("POST", "/accounts", {"data": {"id": "x", "password": {}}}, "data.password"),
        ("POST", "/accounts", {"data": {"password": "x"}}, "data.id"),
        ("POST", "/accounts", {}, "data.id"),
        ("POST", "/accounts", [], "data.id"),
        ("POST", "/accounts", {"data": 3}, "data.id"),
        ("POST", "/accounts", {"data": {"id": "a:b", "password": "x"}}, None),
        ("POST", "/accounts", {"data": {"id": 3, "password": "x"}}, None),
        ("POST", "/accounts", {"data": {"id": None, "password": "x"}}, None),
        ("POST", "/accounts", {"data": {"id": "a" * 300, "password": "x"}}, None),
        ("PUT", "/accounts/-x", {"data": {"password": "x"}}, None),
        ("PUT", "/accounts/x", {}, "data"),
        ("PUT", "/accounts/x", {"data": {}}, "data.password"),
        ("PUT", "/accounts/x", {"data": {"id": "y", "password": "x"}}, "id"),
    ],
)
def test_bodies_that_are_refused(app, method, path, body, name):
    resp = getattr(app, f"{method.lower()}_json")(path, body, status=400)
    assert resp.json["details"][0]["name"] == name


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({"data": {"password": ""}}, "password"),
        ({"data": {"password": None}}, "password"),
        ({"data": {"password": 3}}, "password"),
        ({"data": {"id": "x"}}, "id"),
    ],
)
def test_patches_that_are_refused(app, ann, body, name):
    resp = app.patch_json("/accounts/ann", body, headers=ann, status=400)
    assert resp.json["details"][0]["name"] == name
    app.get("/accounts/ann", headers=ann)


@pytest.mark.parametrize("name", ["ann@example.com", "a+b", "0", "a.b-c_d"])
def test_ids_may_be_addresses(app, sign_up, name):
    headers = sign_up(name)
    assert app.get("/", headers=headers).json["user"]["id"] == f"account:{name}"
    app.get(f"/accounts/{name}", headers=headers)


def test_attributes_are_kept_and_replaced(app, ann):
    assert app.get("/accounts/ann", headers=ann).json["data"]["city"] == "Oslo"
    app.put_json("/accounts/ann", {"data": {"password": "secret", "a": 1}}, headers=ann)
    assert sorted(app.get("/accounts/ann", headers=ann).json["data"]) == [
        "a",
        "id",
        "last_modified",
    ]


def test_a_read_only_server_changes_no_account(make_app):
    app = make_app(**SETTINGS, readonly="true")
    app.post_json("/accounts", NEW, status=405)


def test_permissions_show_the_account(make_app):
    app = make_app(**SETTINGS, experimental_permissions_endpoint="true")
    app.post_json("/accounts", NEW)
    entries = app.get("/permissions", headers=credentials("new", "pw")).json["data"]
    (entry,) = [item for item in entries if item["resource_name"] == "account"]
    assert (entry["uri"], entry["account_id"]) == ("/accounts/new", "new")
    (root,) = [item for item in entries if item["resource_name"] == "root"]
    assert "account:create" in root["permissions"]


def test_the_capability_is_shown(app):
    assert app.get("/").json["capabilities"]["accounts"] == {
        "description": "Manage user accounts.",
        "url": "https://kinto.readthedocs.io/en/latest/api/1.x/accounts.html",
        "validation_enabled": False,
    }


def test_erasing_a_user_removes_the_account_and_its_password(make_app):
    settings = {"user-data_delete_principals": "account:admin"}
    app = make_app(**SETTINGS, **settings)
    for name in ("admin", "ann"):
        app.post_json("/accounts", {"data": {"id": name, "password": "secret"}})
    app.put_json("/buckets/own", headers=credentials("ann"))
    app.delete("/__user_data__/account:ann", headers=credentials("admin"))
    assert [item["id"] for item in app.storage.list_all(**CREDENTIALS)] == ["admin"]
    assert "user" not in app.get("/", headers=credentials("ann")).json
    assert app.storage.list_all("bucket", "") == []
