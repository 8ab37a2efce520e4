"""`POST /__flush__` (plugins: 9; reliability: L23)."""

from __future__ import annotations

import pytest
from pyramid.config import Configurator

import kinto
from kinto.authorization import RouteFactory
from kinto.events import ServerFlushed
from kinto.plugins.flush import FlushSettings
from tests import factories
from tests.plugins import pages

PLUGIN = {"includes": "kinto.plugins.flush"}
OPEN = {**PLUGIN, "flush_create_principals": "system.Everyone"}


@pytest.fixture
def open_app(make_app):
    return make_app(**OPEN)


@pytest.mark.parametrize("resource", ["buckets/a", "buckets/a/collections/c"])
def test_everything_is_removed(open_app, user_headers, resource):
    ann = user_headers("ann")
    open_app.put_json("/buckets/a", headers=ann)
    open_app.put_json(f"/{resource}", headers=ann)
    open_app.cache.set("k", "v", ttl=60)
    resp = open_app.post("/__flush__")
    assert (resp.status_code, resp.json) == (202, {})
    assert open_app.get("/buckets", headers=ann).json["data"] == []
    assert open_app.permission.get_objects_permissions(["/buckets/a"]) == [{}]
    assert open_app.cache.get("k") is None


def test_timestamps_go_on_rising(open_app, user_headers):
    ann = user_headers("ann")
    before = open_app.put_json("/buckets/a", headers=ann).json["data"]["last_modified"]
    open_app.post("/__flush__")
    after = open_app.put_json("/buckets/a", headers=ann).json["data"]["last_modified"]
    assert after > before


@pytest.mark.parametrize(
    ("principals", "who", "status"),
    [
        (None, None, 401),
        (None, "ann", 403),
        ("", "ann", 403),
        ("system.Authenticated", None, 401),
        ("system.Authenticated", "ann", 202),
        ("system.Everyone", None, 202),
        ("account:root", "ann", 403),
    ],
)
def test_only_whom_the_setting_names_may_flush(make_app, user_headers, principals, who, status):
    extra = {} if principals is None else {"flush_create_principals": principals}
    app = make_app(**PLUGIN, **extra)
    ann = user_headers("ann")
    app.put_json("/buckets/a", headers=ann)
    app.post("/__flush__", headers=user_headers(who) if who else None, status=status)
    expected = [] if status == 202 else ["a"]
    assert [item["id"] for item in app.get("/buckets", headers=ann).json["data"]] == expected


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE"])
def test_other_methods_are_refused(open_app, method):
    open_app.request("/__flush__", method=method, status=405)


def test_a_read_only_server_is_not_flushed(make_app):
    make_app(**OPEN, readonly="true").post("/__flush__", status=405)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[1]"])
def test_the_body_is_ignored(open_app, body):
    open_app.post("/__flush__", body, content_type="application/json", status=202)


def test_the_capability_is_shown(open_app):
    assert open_app.get("/").json["capabilities"]["flush_endpoint"] == {
        "description": "The __flush__ endpoint can be used to remove all data from all backends.",
        "url": "https://kinto.readthedocs.io/en/latest/api/1.x/flush.html",
    }


def test_in_a_batch_what_follows_starts_from_nothing(open_app, user_headers):
    ann = user_headers("ann")
    requests = [
        {"method": "PUT", "path": "/buckets/a"},
        {"method": "PUT", "path": "/buckets/a/collections/c"},
        {"method": "POST", "path": "/__flush__"},
        {"method": "PUT", "path": "/buckets/a/collections/c/records/r"},
        {"method": "PUT", "path": "/buckets/b"},
    ]
    resp = open_app.post_json("/batch", {"requests": requests}, headers=ann)
    assert [item["status"] for item in resp.json["responses"]] == [201, 201, 202, 404, 201]
    assert [item["id"] for item in open_app.get("/buckets", headers=ann).json["data"]] == ["b"]


def test_subscribers_are_told(backend, tmp_path):
    settings = factories.app_settings(backend, tmp_path, **OPEN)
    config = Configurator(settings=settings, root_factory=RouteFactory)
    heard = []
    config.add_subscriber(heard.append, ServerFlushed)
    config.commit()
    app = factories.webtest.TestApp(kinto.main({}, config=config, **settings))
    for name in ("storage", "permission", "cache"):
        getattr(app.app.registry, name).initialize_schema()
    app.post("/v1/__flush__", status=202)
    assert [event.request.path for event in heard] == ["/v1/__flush__"]


def test_the_page_is_followed(make_app):
    pages.follow(make_app(**pages.settings_of("flush")), "flush")


def test_the_page_lists_the_settings():
    assert pages.declared_in("flush", FlushSettings) == []


def test_a_misspelled_setting_stops_the_start(backend, tmp_path):
    with pytest.raises(ValueError, match="flush_create_principals"):
        factories.build_api(backend, tmp_path, **PLUGIN, flush_create_principal="system.Everyone")
