"""What the alias makes on first access, and what it leaves when a request is refused."""

from __future__ import annotations

import threading

import pytest
from pyramid.config import Configurator

import kinto
from kinto.authorization import RouteFactory
from kinto.core.events import ResourceChanged
from tests import factories
from tests.plugins.default_bucket.conftest import SETTINGS

RECORDS = "/buckets/default/collections/c/records"


def batch(app, headers, *requests):
    requests = [dict(zip(("method", "path", "body"), item, strict=False)) for item in requests]
    return app.post_json("/batch", {"requests": requests}, headers=headers).json["responses"]


def test_the_creator_may_write_what_is_made(app, ann, own):
    resp = app.get("/buckets/default", headers=ann)
    me = app.get("/", headers=ann).json["user"]["id"]
    assert sorted(resp.json["data"]) == ["id", "last_modified"]
    assert resp.json["permissions"] == {"write": [me]}
    app.get(RECORDS, headers=ann)
    collection = app.get(f"{own}/collections/c", headers=ann)
    assert collection.json["permissions"] == {"write": [me]}


def test_the_right_to_create_buckets_is_not_needed(make_app, ann):
    app = make_app(**SETTINGS, bucket_create_principals="account:root")
    app.get("/buckets/default", headers=ann)
    app.put_json(f"{RECORDS}/r", headers=ann, status=201)
    app.put_json("/buckets/other", headers=ann, status=403)


def test_a_second_request_makes_nothing(app, ann, own):
    first = app.get("/buckets/default", headers=ann).json
    app.put_json(f"{RECORDS}/r", {"data": {"a": 1}}, headers=ann)
    assert app.get("/buckets/default", headers=ann).json == first
    assert app.get(own, headers=ann).json == first


def test_deleting_it_leaves_an_empty_one(app, ann):
    app.put_json(f"{RECORDS}/r", headers=ann)
    for _ in range(2):
        assert app.delete("/buckets/default", headers=ann).json["data"]["deleted"] is True
    assert app.get("/buckets/default/collections", headers=ann).json["data"] == []
    assert app.get(RECORDS, headers=ann).json["data"] == []


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/buckets/default/foo"), ("GET", f"{RECORDS}/none"), ("POST", "/buckets/default")],
)
def test_a_refused_request_leaves_nothing(app, ann, own, method, path):
    app.request(path, method=method, headers=ann, expect_errors=True)
    app.get(own, headers=ann, status=403)
    assert app.storage.list_all("bucket", "", include_deleted=True) == []


def test_collections_that_break_the_buckets_schema_are_not_made(app, ann):
    schema = {"type": "object", "required": ["title"]}
    app.put_json("/buckets/default", {"data": {"collection:schema": schema}}, headers=ann)
    app.get(RECORDS, headers=ann, status=400)
    app.put_json("/buckets/default/collections/c", {"data": {"title": "x"}}, headers=ann)
    app.get(RECORDS, headers=ann)


def test_a_batch_makes_each_of_them_once(app, ann, own):
    answers = batch(
        app,
        ann,
        *(("PUT", f"{RECORDS}/r{index}", {"data": {"i": index}}) for index in range(5)),
        ("GET", RECORDS),
    )
    assert [item["status"] for item in answers] == [201] * 5 + [200]
    assert answers[0]["path"] == f"/v1{RECORDS}/r0"
    assert len(answers[5]["body"]["data"]) == 5
    assert [item["id"] for item in app.get(f"{own}/collections", headers=ann).json["data"]] == ["c"]


def test_a_refused_subrequest_takes_what_it_made_with_it(app, ann, own):
    answers = batch(
        app,
        ann,
        ("PUT", "/buckets/default/collections/c/records/r", {"data": 3}),
        ("PUT", f"{own}/collections/c/records/r", {"data": {}}),
        ("PUT", "/buckets/default/collections/c/records/r", {"data": {}}),
    )
    assert [item["status"] for item in answers] == [400, 404, 201]


def test_a_deletion_in_a_batch_comes_before_what_follows(app, ann, own):
    app.put_json(f"{RECORDS}/old", headers=ann)
    answers = batch(
        app, ann, ("DELETE", "/buckets/default"), ("PUT", f"{RECORDS}/new"), ("GET", RECORDS)
    )
    assert [item["status"] for item in answers] == [200, 201, 200]
    assert [item["id"] for item in answers[2]["body"]["data"]] == ["new"]
    assert [item["id"] for item in app.get(RECORDS, headers=ann).json["data"]] == ["new"]


def test_subrequests_with_credentials_of_their_own_have_their_bucket(app, ann, user_headers):
    bob = user_headers("bob")
    requests = [
        {"method": "PUT", "path": f"{RECORDS}/r", "body": {"data": {"by": "ann"}}},
        {"method": "PUT", "path": f"{RECORDS}/r", "headers": bob, "body": {"data": {"by": "bob"}}},
        {"path": f"{RECORDS}/r", "headers": {"Authorization": ""}},
    ]
    resp = app.post_json("/batch", {"requests": requests}, headers=ann)
    assert [item["status"] for item in resp.json["responses"]] == [201, 201, 401]
    for headers, name in ((ann, "ann"), (bob, "bob")):
        assert app.get(f"{RECORDS}/r", headers=headers).json["data"]["by"] == name


def test_events_are_those_of_ordinary_creations(backend, tmp_path, ann):
    settings = factories.app_settings(backend, tmp_path, **SETTINGS)
    config = Configurator(settings=settings, root_factory=RouteFactory)
    heard = []
    config.add_subscriber(heard.append, ResourceChanged)
    config.commit()
    app = factories.webtest.TestApp(kinto.main({}, config=config, **settings))
    for name in ("storage", "permission", "cache"):
        getattr(app.app.registry, name).initialize_schema()
    user = app.get("/v1/", headers=ann).json["user"]
    app.put_json(f"/v1{RECORDS}/r", headers=ann)
    own = f"/buckets/{user['bucket']}"
    ids = {"bucket_id": user["bucket"]}
    expected = [
        ("bucket", own, ids),
        ("collection", f"{own}/collections/c", {**ids, "collection_id": "c"}),
        (
            "record",
            f"{own}/collections/c/records/r",
            {**ids, "collection_id": "c", "record_id": "r"},
        ),
    ]
    for event, (name, uri, names) in zip(heard, expected, strict=True):
        payload = dict(event.payload)
        assert payload.pop("timestamp")
        common = {"action": "create", "user_id": user["id"], "resource_name": name, "uri": uri}
        assert payload == {**common, **names}


def test_many_first_requests_at_once_make_one_bucket(app, ann):
    statuses = []

    def write(index):
        client = factories.another_client(app)
        resp = client.put_json(f"{RECORDS}/r{index}", headers=ann, expect_errors=True)
        statuses.append(resp.status_int)

    threads = [threading.Thread(target=write, args=(index,)) for index in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [201] * 6
    assert len(app.get(RECORDS, headers=ann).json["data"]) == 6
