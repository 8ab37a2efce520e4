"""A batch answers as its requests do one by one, and leaves the same behind: above all where new
objects of one list, which are written together, meet what has to be answered alone.
"""

import itertools
import json
import random
import re
from functools import partial

import pytest

from kinto.core.resource import open_lists
from kinto.core.runtime import randomness
from tests import factories

COLLECTION = "/buckets/blog/collections/articles"
RECORDS = f"{COLLECTION}/records"
OTHERS = "/buckets/blog/collections/others/records"
OWNER, WRITER = factories.credentials("owner"), factories.credentials("writer")
BEGINNING = 2_000_000_000_000
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer", "maximum": 8}}}
NAMES = ("one", "two", "three", "four", "-bad")
DATA = (
    {"n": 1},
    {"n": 2, "deep": {"é": [1, {"a": None}]}, "big": 2**64, "small": 1e-7},
    {"n": 9},
    {},
    {"last_modified": 5, "n": 3},
    {"last_modified": None, "schema": 1},
    {"id": "one"},
    {"id": "three", "n": 4},
    {"id": None},
)
_worlds = itertools.count()
HEADERS = ({"If-None-Match": "*"}, {"If-Match": '"1"'}, WRITER)


@pytest.fixture(params=[{}, {"experimental_collection_schema_validation": "true"}])
def app(make_app, request):
    return make_app(**request.param)


@pytest.fixture
def in_new_world(app, monkeypatch):
    """Call a function in a world that is always the same but for its time, and return what it gave
    and how it left the world, without that time."""

    def run(act):
        moment = BEGINNING + next(_worlds) * 10**8
        made = itertools.count()
        monkeypatch.setattr("kinto.core.utils.msec_time", lambda: moment)
        monkeypatch.setattr(
            randomness, "new_uuid", lambda: f"00000000-0000-4000-8000-{next(made):012d}"
        )
        app.empty()
        _begin(app)
        found = [act(), _world(app)]
        return json.loads(
            re.sub(r"\b2\d{12}\b", lambda time: str(int(time[0]) - moment), json.dumps(found))
        )

    yield run
    app.empty()  # What was made in this future is not for other tests.


def _begin(app):
    app.put_json("/buckets/blog", headers=OWNER)
    writer = app.get("/", headers=WRITER).json["user"]["id"]
    rights = {"record:create": [writer]}
    app.put_json(COLLECTION, {"data": {"schema": SCHEMA}, "permissions": rights}, headers=OWNER)
    app.put_json(OTHERS.rpartition("/")[0], headers=OWNER)
    app.put_json(f"{RECORDS}/two", {"data": {"n": 0}}, headers=OWNER)
    app.put_json(f"{RECORDS}/three", headers=OWNER)
    app.delete(f"{RECORDS}/three", headers=OWNER)


def _items(chance):
    """Some requests, most of them about to create objects."""
    items = []
    while len(items) < 14:
        path = chance.choice([RECORDS, RECORDS, RECORDS, OTHERS])
        method = chance.choice(["POST", "POST", "PUT", "PUT", "PATCH", "DELETE", "GET"])
        for _ in range(chance.randint(1, 5) if method in ("POST", "PUT") else 1):
            item = {"method": method, "path": path}
            if method != "POST" and (method != "GET" or chance.random() < 0.5):
                item["path"] += f"/{chance.choice(NAMES)}"
            if method in ("POST", "PUT", "PATCH") and chance.random() < 0.95:
                item["body"] = {"data": chance.choice(DATA[:2] * 6 + DATA)}
                if chance.random() < 0.05:
                    item["body"]["permissions"] = {"read": ["system.Everyone"]}
            if chance.random() < 0.12:
                item["headers"] = chance.choice(HEADERS)
            items.append(item)
    return items


def _alone(app, item, caller):
    """What the description of the answer to one request would be, as far as it counts."""
    headers = {"Content-Type": "application/json", **caller, **item.get("headers", {})}
    body = json.dumps(item["body"]).encode() if "body" in item else b""
    answer = app.request(
        item["path"], method=item["method"], headers=headers, body=body, status="*"
    )
    return _essence(answer.status_int, answer.headers, answer.json)


def _essence(status, headers, body):
    return [status, headers.get("ETag"), headers["Content-Type"], body]


def _world(app):
    return [
        [
            app.get(f"{path}?_since=0", headers=OWNER).json,
            app.head(path, headers=OWNER).headers["ETag"],
            [
                app.get(f"{path}/{obj['id']}", headers=who, status="*").json
                for obj in app.get(path, headers=OWNER).json["data"]
                for who in (OWNER, WRITER)
            ],
        ]
        for path in (RECORDS, OTHERS)
    ]


@pytest.mark.parametrize("caller", [OWNER, WRITER], ids=["owner", "writer"])
def test_a_batch_answers_as_its_requests_do_one_by_one(app, in_new_world, caller):
    def alone(items):
        return [_alone(app, item, caller) for item in items]

    def in_batch(items):
        answer = app.post_json("/batch", {"requests": items}, headers=caller)
        return [
            _essence(item["status"], item["headers"], item["body"])
            for item in answer.json["responses"]
        ]

    for seed in range(25):
        items = _items(random.Random(seed))[:25]
        assert in_new_world(partial(in_batch, items)) == in_new_world(partial(alone, items))


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_new_objects_of_one_list_are_written_together(app, in_new_world, monkeypatch, method):
    written = []
    create = open_lists.create_together

    def note(model, objects, **kwargs):
        written.append(len(objects))
        return create(model, objects, **kwargs)

    monkeypatch.setattr(open_lists, "create_together", note)
    paths = [RECORDS if method == "POST" else f"{RECORDS}/r{number}" for number in range(9)]
    requests = [{"method": method, "path": path, "body": {"data": {}}} for path in paths]
    requests[5]["body"]["data"]["last_modified"] = 1  # That is rare.
    payload = {"requests": requests}
    in_new_world(lambda: app.post_json("/batch", payload, headers=OWNER).json)
    assert written == [5, 3]


@pytest.mark.parametrize(
    ("room", "one"), [("storage", "create"), ("permission", "replace_object_permissions")]
)
def test_who_replaced_the_method_for_one_object_sees_each(app, monkeypatch, room, one):
    _begin(app)
    seen = []
    usual = getattr(getattr(app, room), one)

    def note(*args, **kwargs):
        seen.append(args)
        return usual(*args, **kwargs)

    monkeypatch.setattr(getattr(app, room), one, note)
    requests = [{"method": "POST", "path": RECORDS, "body": {"data": {"n": 1}}}] * 3
    answer = app.post_json("/batch", {"requests": requests}, headers=OWNER)
    assert [item["status"] for item in answer.json["responses"]] == [201] * 3
    assert len(seen) == 3
