"""`/buckets/default` is the caller's own bucket (plugins: 3; reliability: L13, L18)."""

from __future__ import annotations

import pytest

from kinto.core.testing import DummyRequest
from kinto.plugins.default_bucket import DefaultBucketSettings, default_bucket_id
from tests import factories
from tests.plugins import pages
from tests.plugins.default_bucket.conftest import SETTINGS

ME = "basicauth:bb8d11dc2b146352d560c67c6a430c76b6743ae8410fde21b0c5d390da6e8bd2"
RECORD = "/buckets/default/collections/c/records/r"


@pytest.mark.parametrize(
    ("secret", "expected"),
    [
        ("def", "661f23fc-7762-4f99-9ac8-335295cabba0"),
        ("", "975933ff-4092-de6a-9556-27dc538997c7"),
    ],
)
def test_the_id_is_an_hmac_of_the_user(secret, expected):
    request = DummyRequest()
    request.prefixed_userid = ME
    request.registry.settings = {"default_bucket_hmac_secret": secret}
    assert default_bucket_id(request) == expected


def test_the_root_tells_users_their_bucket_and_makes_none(app, ann):
    user = app.get("/", headers=ann).json["user"]
    assert list(user) == ["id", "principals", "bucket"]
    assert app.get("/buckets", headers=ann).json["data"] == []
    assert "user" not in app.get("/").json


def test_the_capability_is_shown(app):
    assert app.get("/").json["capabilities"]["default_bucket"] == {
        "description": "The default bucket is an alias for a personal bucket where "
        "collections are created implicitly.",
        "url": "https://kinto.readthedocs.io/en/latest/api/1.x/buckets.html"
        "#personal-bucket-default",
    }


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/buckets/default", 200),
        ("HEAD", "/buckets/default", 200),
        ("GET", "/buckets/%64efault", 200),
        ("GET", "/buckets/default/collections", 200),
        ("GET", "/buckets/default/groups", 200),
        ("GET", "/buckets/default/collections/tasks", 200),
        ("GET", "/buckets/default/collections/tasks/records", 200),
        ("PUT", "/buckets/default", 201),
        ("PATCH", "/buckets/default", 200),
        ("DELETE", "/buckets/default", 200),
        ("POST", "/buckets/default", 405),
        ("GET", "/buckets/default/foo", 404),
        ("PUT", "/buckets/default/collections/c", 201),
        ("PATCH", "/buckets/default/collections/c", 200),
        ("DELETE", "/buckets/default/collections/c", 200),
        ("PUT", "/buckets/default/groups/g", 201),
        ("PUT", RECORD, 201),
        ("GET", RECORD, 404),
        ("DELETE", RECORD, 404),
        ("GET", "/buckets/default/collections/bad!", 400),
        ("GET", "/buckets/default/collections/bad!/records", 400),
        ("GET", "/buckets/default/collections/%C3%A9t%C3%A9", 400),
        ("GET", "/buckets/default/collections/_c", 400),
        ("GET", "/buckets/default/collections/a%20b", 400),
        ("GET", "/buckets/defaulty", 403),
        ("GET", "/buckets/default-x", 403),
        ("PUT", "/buckets/mydefaults", 201),
    ],
)
def test_first_request_of_a_new_user(app, ann, method, path, status):
    body = {"data": {"a": 1}} if method in ("PUT", "PATCH", "POST") else None
    body = {"data": {"members": []}} if path.endswith("/g") else body
    headers = {**ann, "Content-Type": "application/json"}
    text = b"" if body is None else factories.kinto.core.utils.json.dumps(body).encode()
    app.request(path, method=method, headers=headers, body=text, status=status)


@pytest.mark.parametrize("path", ["/buckets/default", "/buckets/default/collections/c/records"])
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
def test_anonymous_callers_are_asked_who_they_are(app, path, method):
    resp = app.request(path, method=method, headers={"Origin": "http://o"}, status=401)
    assert resp.json["errno"] == 104
    assert resp.headers["WWW-Authenticate"].startswith("Basic")
    assert resp.headers["Access-Control-Allow-Origin"] == "*"


def test_a_bucket_named_default_is_not_what_anonymous_callers_get(app, ann):
    shared = {"data": {"id": "default"}, "permissions": {"read": ["system.Everyone"]}}
    app.post_json("/buckets", shared, headers=ann, status=201)
    app.get("/buckets/default", status=401)
    assert app.get("/buckets/default", headers=ann).json["data"]["id"] != "default"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_read_only_server_refuses_the_alias(make_app, ann, method):
    app = make_app(**SETTINGS, readonly="true")
    app.request("/buckets/default", method=method, headers=ann, status=405)


@pytest.mark.parametrize("path", ["/buckets/default", RECORD])
def test_preflights_need_no_credentials(app, path):
    headers = {"Origin": "http://o", "Access-Control-Request-Method": "GET"}
    resp = app.options(path, headers=headers)
    assert "GET" in resp.headers["Access-Control-Allow-Methods"]


@pytest.mark.parametrize("path", ["", "/collections", "/collections/foo", "/collections/c/records"])
def test_a_trailing_slash_leads_to_the_alias(app, ann, path):
    resp = app.get(f"/buckets/default{path}/", headers=ann, status=307)
    assert resp.headers["Location"].endswith(f"/v1/buckets/default{path}")
    assert app.get("/buckets", headers=ann).json["data"] == []


def test_answers_carry_the_real_id(app, ann, own):
    for _ in range(2):
        app.post_json("/buckets/default/collections/c/records", headers=ann)
    resp = app.get("/buckets/default/collections/c/records?_limit=1", headers=ann)
    assert f"/v1{own}/collections/c/records?" in resp.headers["Next-Page"]
    path = resp.headers["Next-Page"].partition("http://localhost")[2]
    assert len(app.get(path, headers=ann).json["data"]) == 1
    other = resp.headers["Next-Page"].partition("?")[2]
    assert app.get(f"/buckets/default/collections/c/records?{other}", headers=ann).json["data"]


@pytest.mark.parametrize(
    ("path", "sent", "status"),
    [
        ("/buckets/default", "default", 201),
        ("/buckets/default", "mydefaults", 400),
        ("/buckets/default", "other", 400),
        ("/buckets/default/collections/default", "default", 201),
        ("/buckets/default/collections/c/records/default", "default", 201),
        ("/buckets/default/collections/c/records/mydefaults", "mydefaults", 201),
    ],
)
def test_the_id_of_the_body_may_be_the_alias(app, ann, path, sent, status):
    app.put_json(path, {"data": {"id": sent}}, headers=ann, status=status)


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b'{"data": 3}', b'{"data": {"id": 3}}'])
def test_a_strange_body_is_the_buckets_business(app, ann, body):
    headers = {**ann, "Content-Type": "application/json"}
    app.put("/buckets/default", body, headers=headers, status=400)


def test_others_do_not_get_in(app, ann, own, user_headers):
    app.put_json(RECORD, headers=ann)
    bob = user_headers("bob")
    app.get(own, headers=bob, status=403)
    app.get(f"{own}/collections/c/records", headers=bob, status=403)
    app.get(RECORD, headers=bob, status=404)


def test_conditions_hold_on_the_alias(app, ann):
    created = app.put_json(RECORD, {"data": {"a": 1}}, headers={**ann, "If-None-Match": "*"})
    etag = created.headers["ETag"]
    app.put_json(RECORD, headers={**ann, "If-None-Match": "*"}, status=412)
    resp = app.get(RECORD, headers={**ann, "If-None-Match": etag}, status=304)
    assert resp.headers["ETag"] == etag
    app.put_json(RECORD, headers={**ann, "If-Match": etag})
    app.put_json(RECORD, headers={**ann, "If-Match": etag}, status=412)


def test_schemas_hold_on_the_alias(app, ann, own):
    schema = {"type": "object", "required": ["title"]}
    app.put_json("/buckets/default/collections/c", {"data": {"schema": schema}}, headers=ann)
    for path in (RECORD, f"{own}/collections/c/records/r"):
        app.put_json(path, {"data": {}}, headers=ann, status=400)
        app.put_json(path, {"data": {"title": "x"}}, headers=ann)


def test_start_up_asks_for_a_secret(tmp_path):
    settings = {**SETTINGS, "default_bucket_hmac_secret": ""}
    with pytest.raises(ValueError, match="default_bucket_hmac_secret"):
        factories.build_api("sqlite", tmp_path, **settings)
    factories.build_api("memory", tmp_path, **settings)


def test_the_page_is_followed(make_app):
    pages.follow(make_app(**pages.settings_of("default_bucket")), "default_bucket")


def test_the_page_lists_the_settings():
    assert pages.declared_in("default_bucket", DefaultBucketSettings) == []
