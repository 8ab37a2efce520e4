"""The list of changes and the changesets, as clients of remote settings expect them (plugins: 17)."""

from __future__ import annotations

import pytest
from pyramid.exceptions import ConfigurationError

from kinto.core import utils
from kinto.core.runtime import clock
from kinto.plugins.changes import entries
from kinto.plugins.changes.settings import ChangesSettings
from tests import factories
from tests.plugins import pages

PLUGIN = "kinto.plugins.changes"
MONITOR = "/buckets/monitor/collections/changes"
LIST = f"{MONITOR}/records"
SETTINGS = {
    "includes": PLUGIN,
    "changes.resources": "/buckets/blog /buckets/other/collections/x",
    "http_host": "www.k.org",
}
ANN = factories.credentials("ann")
DAY = 24 * 3600 * 1000


@pytest.fixture
def app(make_app):
    return fill(make_app(**SETTINGS))


def fill(app):
    """A public collection with two records in a monitored bucket."""
    app.put_json("/buckets/blog", headers=ANN)
    public = {"permissions": {"read": ["system.Everyone"]}, "data": {"meta": 1}}
    app.put_json("/buckets/blog/collections/c1", public, headers=ANN)
    for rid in ("a", "b"):
        app.put_json(f"/buckets/blog/collections/c1/records/{rid}", headers=ANN)
    return app


def listed(app, query="", **headers):
    return app.get(LIST + query, headers=headers).json["data"]


def timestamp(app, collection="c1"):
    headers = app.get(f"/buckets/blog/collections/{collection}/records", headers=ANN).headers
    return int(headers["ETag"].strip('"'))


def changeset(app, uri="/buckets/blog/collections/c1", *, query="?_expected=1", **options):
    return app.get(f"{uri}/changeset{query}", **options)


def test_the_page_is_followed_word_for_word(make_app):
    pages.follow(make_app(**pages.settings_of("changes")), "changes")


def test_the_page_lists_every_setting():
    assert pages.declared_in("changes", ChangesSettings) == []


def test_the_capability_tells_what_is_monitored(app):
    shown = app.get("/").json["capabilities"]["changes"]
    assert shown["version"] == "4.1.1"
    assert shown["collections"] == ["/buckets/blog", "/buckets/other/collections/x"]
    assert shown["description"].startswith("Track modifications of records in Kinto and store")


@pytest.mark.parametrize(
    "uri", ["blog", "/buckets/a/groups/g", "/buckets/a/collections/b/records/c"]
)
def test_what_is_no_collection_cannot_be_monitored(make_app, uri):
    with pytest.raises(ConfigurationError, match="changes.resources"):
        make_app(**{**SETTINGS, "changes.resources": uri})


def test_entries_tell_when_collections_changed(app):
    first, second = listed(app)
    assert first == {
        "id": "e3378f9f-54b7-1ec1-501d-18fd0eb04d91",
        "last_modified": timestamp(app),
        "bucket": "blog",
        "collection": "c1",
        "host": "www.k.org",
    }
    assert (second["id"], second["collection"]) == ("d50876a1-b7b4-a706-4561-7554e75e7aad", "x")


def test_without_host_the_id_is_that_of_the_uri(make_app):
    app = make_app(
        **{**SETTINGS, "http_host": "", "changes.resources": "/buckets/other/collections/x"}
    )
    [entry] = listed(app)
    assert (entry["id"], entry["host"]) == ("14269c52-7f49-7a0f-65dc-81c8664a83ac", "")


def test_a_change_moves_the_entry_to_the_front(app):
    newer = timestamp(app) + 1
    while clock.now_ms() < newer:
        pass  # Each collection has its own clock: in one millisecond both may change.
    app.put_json("/buckets/blog/collections/c2", headers=ANN)
    app.put_json("/buckets/blog/collections/c2/records/a", headers=ANN)
    assert [entry["collection"] for entry in listed(app)][:2] == ["c2", "c1"]
    before = listed(app)[1]["last_modified"]
    app.delete("/buckets/blog/collections/c1/records/a", headers=ANN)
    assert listed(app)[0]["last_modified"] == timestamp(app) > before


def test_metadata_of_a_collection_is_no_change(app):
    before = listed(app)
    app.patch_json("/buckets/blog/collections/c1", {"data": {"meta": 2}}, headers=ANN)
    assert listed(app) == before


def test_reading_writes_nothing(app, monkeypatch):
    app.put_json("/buckets/blog/collections/empty", headers=ANN)
    known = app.storage.all_resources_timestamps("record")
    first = listed(app)
    changeset(app, "/buckets/blog/collections/empty", headers=ANN)
    assert app.storage.all_resources_timestamps("record") == known
    assert listed(app) == first


def test_many_collections_are_listed_in_pages(app, monkeypatch):
    monkeypatch.setattr(entries, "PAGE", 2)
    monkeypatch.setattr(entries, "MANY", 3)
    for number in range(5):
        app.put_json(f"/buckets/blog/collections/n{number}", headers=ANN)
    found = {entry["collection"] for entry in listed(app)}
    assert found == {"c1", "x", *(f"n{number}" for number in range(5))}


# Query, collections of the answer.
QUERIES = [
    ("?bucket=blog", ["c1"]),
    ("?collection=x", ["x"]),
    ("?host=www.k.org", ["c1", "x"]),
    ("?host=other", []),
    ("?bucket=blog&collection=x", []),
    ("?_sort=-collection", ["x", "c1"]),
    ("?_limit=1", ["c1"]),
    ("?_expected=123", ["c1", "x"]),
    ("?_unknown=1", ["c1", "x"]),
    ("?bucket=5", []),
]


@pytest.mark.parametrize(("query", "collections"), QUERIES)
def test_the_list_can_be_filtered_and_sorted(app, query, collections):
    assert [entry["collection"] for entry in listed(app, query)] == collections


def test_pages_follow_one_another(app):
    resp = app.get(f"{LIST}?_limit=1")
    following = app.get(resp.headers["Next-Page"].removeprefix("http://www.k.org"))
    assert [entry["collection"] for entry in following.json["data"]] == ["x"]


def test_fields_can_be_chosen(app):
    assert set(listed(app, "?_fields=bucket")[0]) == {"bucket", "id", "last_modified"}


def test_unknown_filters_are_refused(app):
    assert app.get(f"{LIST}?foo=1", status=400).json["errno"] == 107


def test_polling_gives_what_is_newer(app):
    tag = app.get(LIST).headers["ETag"]
    assert listed(app, f"?_since={tag}") == []
    app.get(LIST, headers={"If-None-Match": tag}, status=304)
    app.put_json("/buckets/blog/collections/c1/records/c", headers=ANN)
    assert [entry["collection"] for entry in listed(app, f"?_since={tag}")] == ["c1"]
    app.get(LIST, headers={"If-Match": tag}, status=412)


@pytest.fixture
def future_app(make_app):
    """An emptied storage is newer than all it held: the future is not for other tests."""
    return fill(make_app(**SETTINGS, project_name="future"))


@pytest.mark.parametrize("path", [f"{LIST}?", f"{MONITOR}/changeset?_expected=1&"])
def test_two_collections_that_change_in_one_millisecond_are_both_told(
    future_app, monkeypatch, path
):
    """A poller that came between the two asks for what is newer than it was told."""
    app = future_app
    app.put_json("/buckets/blog/collections/c2", headers=ANN)
    moment = timestamp(app, "c2") + 1000
    monkeypatch.setattr(utils, "msec_time", lambda: moment)
    app.put_json("/buckets/blog/collections/c1/records/a", headers=ANN)
    seen = app.get(path)
    tag = seen.json.get("timestamp") or seen.headers["ETag"].strip('"')
    app.put_json("/buckets/blog/collections/c2/records/a", headers=ANN)
    assert timestamp(app, "c2") == timestamp(app) == moment
    entries = app.get(f'{path}_since="{tag}"').json
    found = {entry["collection"] for entry in entries.get("changes") or entries["data"]}
    assert "c2" in found
    monkeypatch.setattr(utils, "msec_time", lambda: moment + 1)
    app.get(LIST, headers={"If-None-Match": f'"{tag}"'}, status=200)
    assert app.get(LIST).headers["ETag"] == f'"{moment}"'


def test_a_record_dated_in_the_future_hides_no_change_of_other_collections(future_app):
    app = future_app
    app.put_json("/buckets/blog/collections/c2", headers=ANN)
    late = {"data": {"last_modified": clock.now_ms() + DAY // 24}}
    app.put_json("/buckets/blog/collections/c1/records/late", late, headers=ANN)
    tag = app.get(LIST).headers["ETag"]
    app.put_json("/buckets/blog/collections/c2/records/a", headers=ANN)
    assert {"c1", "c2"} <= {entry["collection"] for entry in listed(app, f"?_since={tag}")}


def test_nothing_monitored_is_an_empty_list(make_app):
    resp = make_app(includes=PLUGIN).get(LIST)
    assert resp.json == {"data": []}
    assert abs(int(resp.headers["ETag"].strip('"')) - clock.now_ms()) < 60_000


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", [LIST, f"{MONITOR}/changeset"])
def test_nobody_writes_the_list(app, method, path):
    app.request(path, method=method, headers=ANN, status=405)


def test_the_list_is_no_object(app):
    app.get(MONITOR, status=401)
    app.get(MONITOR, headers=ANN, status=403)


def test_head_counts(app):
    assert app.head(LIST).headers["Total-Objects"] == "2"


@pytest.mark.parametrize("path", [LIST, f"{MONITOR}/changeset"])
@pytest.mark.parametrize("since", ["1000", '"1000"'])
def test_an_old_time_is_left_out_by_a_redirect(app, path, since):
    resp = app.get(f"{path}?_expected=5&_since={since}&bucket=blog", status=307)
    assert resp.headers["Location"] == f"https://www.k.org/v1{path}?_expected=5&bucket=blog"
    assert resp.headers["Cache-Control"] == "max-age=86400"


def test_a_recent_time_is_not(app):
    listed(app, f"?_since={clock.now_ms() - 20 * DAY}")
    app.get(f"{LIST}?_since={clock.now_ms() - 22 * DAY}", status=307)
    app.get(f"{LIST}?_since=abc", status=400)
    app.get("/buckets/blog/collections/c1/changeset?_expected=1&_since=%221%22")


# Settings, host of the redirect, Cache-Control.
REDIRECTS = [
    ({"changes.http_host": "cdn.k.org"}, "https://cdn.k.org/", "max-age=86400"),
    ({"http_host": "", "http_scheme": "http"}, "http://localhost:80/", "max-age=86400"),
    ({"changes.since_max_age_redirect_ttl_seconds": "-1"}, "https://www.k.org/", None),
]


@pytest.mark.parametrize(("settings", "host", "cached"), REDIRECTS)
def test_redirects_are_as_the_settings_say(make_app, settings, host, cached):
    resp = make_app(**{**SETTINGS, **settings}).get(f"{LIST}?_since=1", status=307)
    assert resp.headers["Location"].startswith(host)
    assert "_since" not in resp.headers["Location"]
    assert resp.headers.get("Cache-Control") == cached


def test_redirects_can_be_switched_off(make_app):
    app = make_app(**{**SETTINGS, "changes.since_max_age_days": "-1"})
    assert listed(app, "?_since=1")


CACHED = {
    "monitor.changes.record_cache_expires_seconds": "60",
    "monitor.changes.record_cache_maximum_expires_seconds": "3600",
    "blog.c1.record_cache_expires_seconds": "30",
}


def test_caches_may_keep_what_the_settings_say(make_app):
    app = fill(make_app(**{**SETTINGS, **CACHED}))
    assert app.get(LIST).headers["Cache-Control"] == "max-age=60"
    assert app.get(f"{LIST}?_expected=1").headers["Cache-Control"] == "max-age=3600"
    assert changeset(app, MONITOR).headers["Cache-Control"] == "max-age=3600"
    assert changeset(app).headers["Cache-Control"] == "max-age=30"
    assert changeset(app, headers=ANN).headers["Cache-Control"] == "no-cache, no-store"


def test_caches_keep_nothing_by_default(app):
    assert app.get(LIST).headers["Cache-Control"] == "no-cache, no-store"
    assert changeset(app).headers["Cache-Control"] == "no-cache, no-store"


def test_a_changeset_has_metadata_timestamp_and_records(app):
    body = changeset(app).json
    assert body["metadata"]["meta"] == 1
    assert set(body["metadata"]) == {"id", "last_modified", "meta"}
    assert body["timestamp"] == timestamp(app)
    assert [each["id"] for each in body["changes"]] == ["b", "a"]
    assert "ETag" not in changeset(app).headers


def test_a_changeset_since_a_time_has_tombstones(app):
    before = timestamp(app)
    app.delete("/buckets/blog/collections/c1/records/a", headers=ANN)
    assert [each["id"] for each in changeset(app).json["changes"]] == ["b"]
    body = changeset(app, query=f'?_expected=1&_since="{before}"').json
    [tombstone] = body["changes"]
    assert (tombstone["id"], tombstone["deleted"]) == ("a", True)
    assert tombstone["last_modified"] == body["timestamp"]


@pytest.mark.parametrize(("limit", "ids"), [("0", []), ("1", ["b"]), ("9", ["b", "a"])])
def test_a_changeset_may_be_limited(app, limit, ids):
    body = changeset(app, query=f"?_expected=1&_limit={limit}&other=1").json
    assert [each["id"] for each in body["changes"]] == ids


def test_a_large_changeset_is_whole(app, monkeypatch):
    monkeypatch.setattr("kinto.plugins.changes.changeset.PAGE", 2)
    for number in range(5):
        app.put_json(f"/buckets/blog/collections/c1/records/r{number}", headers=ANN)
    ids = [each["id"] for each in changeset(app).json["changes"]]
    assert ids == ["r4", "r3", "r2", "r1", "r0", "b", "a"]
    limited = changeset(app, query="?_expected=1&_limit=5").json["changes"]
    assert [each["id"] for each in limited] == ids[:5]


def test_the_changeset_of_the_monitor_has_the_entries(app):
    body = changeset(app, MONITOR).json
    assert (body["metadata"], body["changes"]) == ({}, listed(app))
    assert body["timestamp"] == listed(app)[0]["last_modified"]
    body = changeset(app, MONITOR, query="?_expected=1&bucket=other").json
    assert [entry["collection"] for entry in body["changes"]] == ["x"]
    since = f'?_expected=1&_since="{body["timestamp"]}"'
    assert changeset(app, MONITOR, query=since).json["changes"] == []


# Query, name, description.
REFUSED = [
    ("", "_expected", "Required"),
    ("?_expected=", "_expected", "Required"),
    ("?_expected=1&_since=5", "_since", "The value should be integer between double quotes."),
    ('?_expected=1&_since="a"', "_since", "The value should be integer between double quotes."),
    ("?_expected=1&_limit=a", "_limit", '"a" is not a number'),
]


@pytest.mark.parametrize(("query", "name", "description"), REFUSED)
def test_wrong_parameters_are_told(app, query, name, description):
    resp = changeset(app, query=query, status=400)
    [detail] = resp.json["details"]
    assert detail == {"location": "querystring", "name": name, "description": description}


def test_readers_of_the_collection_read_its_changeset_and_nobody_else(app):
    app.put_json("/buckets/blog/collections/private", headers=ANN)
    private = "/buckets/blog/collections/private"
    changeset(app, private, status=401)
    changeset(app, private, headers=factories.credentials("bob"), status=403)
    changeset(app, private, headers=ANN)


def test_a_missing_collection_has_no_changeset(app):
    resp = changeset(app, "/buckets/blog/collections/none", headers=ANN, status=404)
    assert resp.json["errno"] == 111
