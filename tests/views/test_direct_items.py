"""Requests of a batch that are answered without being made give what they give when they are made:
the same answers, and the same world afterwards.
"""

import itertools
import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kinto.core.runtime import randomness
from kinto.core.views import batch_items
from tests import factories
from tests.views import meddling_plugin
from tests.views.noting_plugin import noted

COLLECTION = "/buckets/blog/collections/articles"
RECORDS = f"{COLLECTION}/records"
GROUP = "/buckets/blog/groups/staff"
ONE, TWO, THREE = (f"{RECORDS}/{name}" for name in ("one", "two", "three"))
HISTORY = "/buckets/blog/history"
LISTS = ("/buckets", "/buckets/blog/collections", "/buckets/blog/groups", RECORDS, HISTORY)
CALLERS = {
    name: factories.credentials(name)
    for name in ("owner", "reader", "writer", "member", "stranger")
} | {"nobody": {}}
BEGINNING = 2_000_000_000_000
A_DAY = 24 * 3600 * 1000
worlds = itertools.count()

ITEMS = [
    {"path": ONE},
    {"path": f"/v1{TWO}"},
    {"path": f"{RECORDS}/unknown"},
    {"path": f"{RECORDS}/no id"},
    {"path": f"{RECORDS}/-bad"},
    {"path": f"{ONE}/"},
    {"path": ONE.replace("o", "%6f")},
    {"path": f"{ONE}?_fields=n"},
    {"path": f"{ONE}?nothing=1"},
    {"path": "/buckets/blog/collections/unknown/records/one"},
    {"path": "/buckets/unknown/collections/articles/records/one"},
    {"path": "/buckets/blog"},
    {"path": COLLECTION},
    {"path": GROUP},
    {"path": RECORDS},
    {"path": "/"},
    {"path": "/v1"},
    {"path": "/v1x/y"},
    {"path": ONE, "method": "HEAD"},
    {"path": ONE, "method": "TRACE"},
    {"path": ONE, "headers": {"Accept": "text/html"}},
    {"path": ONE, "headers": {"Origin": "https://app.example"}},
    {"path": ONE, "headers": {"If-None-Match": "*"}},
    {"path": ONE, "headers": {"If-Match": '"1"'}},
    {"path": ONE, "headers": CALLERS["writer"]},
    {"path": ONE, "headers": {"Authorization": ""}},
    {"path": ONE, "body": {"data": {}}},
    {"path": ONE, "body": {}},
    {"path": ONE, "method": "PUT", "body": {"data": {"n": 2, "deep": {"a": [1]}}}},
    {"path": THREE, "method": "PUT", "body": {"data": {"n": 3}}},
    {"path": THREE, "method": "PUT", "body": {"data": {"n": 3, "id": "three"}}},
    {"path": THREE, "method": "PUT", "body": {"data": {"n": 3, "id": "other"}}},
    {"path": THREE, "method": "PUT", "body": {"data": {"last_modified": 1_600_000_000_000}}},
    {"path": THREE, "method": "PUT", "body": {"data": {"last_modified": "x", "n": 1}}},
    {"path": THREE, "method": "PUT", "headers": {"If-None-Match": "*"}, "body": {"data": {}}},
    {"path": ONE, "method": "PUT", "headers": {"If-None-Match": "*"}, "body": {"data": {}}},
    {"path": ONE, "method": "PUT", "headers": {"If-Match": '"1"'}, "body": {"data": {}}},
    {"path": ONE, "method": "PUT", "headers": {"If-Match": "*"}, "body": {"data": {"n": 9}}},
    {"path": ONE, "method": "PUT", "headers": {"Content-Type": "text/plain"}, "body": {"data": {}}},
    {"path": ONE, "method": "PUT", "body": {"permissions": {"read": ["system.Everyone"]}}},
    {"path": ONE, "method": "PUT"},
    {"path": ONE, "method": "PUT", "body": {"data": 1}},
    {"path": ONE, "method": "PUT", "body": {"data": {}, "more": 1}},
    {"path": RECORDS, "method": "POST", "body": {"data": {"n": 4}}},
    {"path": RECORDS, "method": "POST", "body": {"data": {"n": 4, "id": "four"}}},
    {"path": RECORDS, "method": "POST", "body": {"data": {"n": 4, "id": "one"}}},
    {"path": RECORDS, "method": "POST", "body": {"data": {"id": "-bad"}}},
    {"path": RECORDS, "method": "POST"},
    {"path": ONE, "method": "PATCH", "body": {"data": {"n": 5}}},
    {"path": ONE, "method": "PATCH", "body": {"data": {"n": None}}},
    {"path": ONE, "method": "PATCH", "headers": {"Response-Behavior": "light"},
     "body": {"data": {"n": 6}}},
    {"path": ONE, "method": "PATCH", "body": {"permissions": {"write": ["x:y"]}}},
    {"path": THREE, "method": "PATCH", "body": {"data": {"n": 5}}},
    {"path": ONE, "method": "PUT", "headers": {**CALLERS["owner"], "If-Match": "*"},
     "body": {"data": {"n": 10}}},
    {"path": TWO, "method": "PUT", "headers": {"if-match": "*", "If-Match": '"1"'},
     "body": {"data": {"n": 10}}},
    {"path": ONE, "method": "DELETE"},
    {"path": RECORDS, "method": "DELETE"},
    {"path": COLLECTION, "method": "DELETE"},
    {"path": COLLECTION, "method": "PUT", "body": {"data": {"t": 1}}},
    {"path": COLLECTION, "method": "PUT",
     "body": {"data": {"schema": {"type": "object", "required": ["n"]}}}},
    {"path": GROUP, "method": "PATCH", "body": {"data": {"members": []}}},
    {"path": GROUP, "method": "PUT", "body": {"data": {"members": ["<stranger>"]}}},
    {"path": GROUP, "method": "DELETE"},
    {"path": "/buckets/default"},
    {"path": "/buckets/default/collections/c/records/r", "method": "PUT", "body": {"data": {}}},
    {"path": "/buckets/default/collections/c/records/r"},
]  # fmt: skip


@pytest.fixture(
    params=[
        {},
        {"experimental_collection_schema_validation": "true"},
        {"includes": "kinto.plugins.history tests.views.noting_plugin"},
    ],
    ids=["", "schemas", "heard"],
)
def app(make_app, request):
    return make_app(
        bucket_create_principals="system.Authenticated",
        default_bucket_hmac_secret="a secret of the tests",
        **{**request.param, "includes": f"kinto.plugins.default_bucket {request.param.get('includes', '')}"},
    )  # fmt: skip


@pytest.fixture
def both_ways(app, monkeypatch):
    """Carry a batch out both ways, each in a world of its own, and compare."""
    ids = {
        name: app.get("/", headers=headers).json["user"]["id"]
        for name, headers in CALLERS.items()
        if headers
    }

    def run(caller, payload, *, directly):
        moment = BEGINNING + next(worlds) * A_DAY
        monkeypatch.setattr("kinto.core.utils.msec_time", lambda: moment)
        made = itertools.count()
        for name in ("new_uuid", "new_ordered_uuid"):
            monkeypatch.setattr(
                randomness, name, lambda *_: f"00000000-0000-4000-8000-{next(made):012d}"
            )
        app.empty()
        owner = CALLERS["owner"]
        app.put_json("/buckets/blog", headers=owner)
        app.put_json(GROUP, {"data": {"members": [ids["member"]]}}, headers=owner)
        shared = {"read": [ids["reader"], GROUP], "record:create": [ids["writer"]]}
        app.put_json(COLLECTION, {"permissions": shared}, headers=owner)
        for uri in (ONE, TWO):
            rights = {"write": [ids["writer"]]} if uri == ONE else {}
            app.put_json(uri, {"data": {"n": 1}, "permissions": rights}, headers=owner)
        noted.clear()
        text = json.dumps(payload).replace("<stranger>", ids["stranger"])
        with monkeypatch.context() as patch:
            if not directly:
                patch.setattr(batch_items.DirectItems, "of", lambda *args: None)
            answer = app.post_json("/batch", json.loads(text), headers=CALLERS[caller], status="*")
        told = json.loads(json.dumps(noted, default=str))
        found = [answer.json, told, *(_seen(app, uri, owner) for uri in LISTS)]
        app.empty()  # What was made in this future is not for the next world.
        return _comparable(found, moment)

    def compare(caller, payload):
        direct = run(caller, payload, directly=True)
        assert direct == run(caller, payload, directly=False)
        return direct[0]

    return compare


def _seen(app, uri, headers):
    answer = app.get(f"{uri}?_since=0", headers=headers, status="*")
    objects = answer.json.get("data", [])
    alone = [app.get(f"{uri}/{obj['id']}", headers=headers, status="*").json for obj in objects]
    return [answer.json, answer.headers.get("ETag"), alone]


def _comparable(value, moment):
    """The value with times told from the beginning of its world, and sets in an order."""
    if isinstance(value, dict):
        return {
            name: sorted(text.split(", ")) if name == "Access-Control-Expose-Headers" else
            _comparable(text, moment)
            for name, text in value.items() if name not in ("Last-Modified", "date")
        }  # fmt: skip
    if isinstance(value, list):
        items = [_comparable(item, moment) for item in value]
        return sorted(items) if all(isinstance(item, str) for item in items) else items
    if isinstance(value, int) and value > BEGINNING - A_DAY:
        return value - moment
    if isinstance(value, str):
        return re.sub(r"\b2\d{12}\b", lambda match: str(int(match[0]) - moment), value)
    return value


@pytest.mark.parametrize("caller", CALLERS)
def test_every_item_is_answered_the_same_both_ways(both_ways, caller):
    around = [{"path": ONE}, {"path": TWO}]
    for first in range(0, len(ITEMS), 8):
        requests = [
            entry for item in ITEMS[first : first + 8] for entry in (item, around[0], around[1])
        ]
        both_ways(caller, {"requests": requests})


@given(data=st.data())
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_batch_is_answered_the_same_both_ways(both_ways, data):
    requests = data.draw(st.lists(st.sampled_from(ITEMS), min_size=1, max_size=8))
    defaults = data.draw(
        st.sampled_from(
            [{}, {"headers": {"If-None-Match": "*"}}, {"body": {"data": {"deep": {"b": 2}}}}]
        )
    )
    payload = {"defaults": defaults, "requests": requests}
    both_ways(data.draw(st.sampled_from(list(CALLERS))), payload)


@pytest.fixture
def made(monkeypatch):
    """Paths of the items that were answered by requests of their own."""
    paths = []
    usual = batch_items._answer_request

    def note(request, subrequest, **kwargs):
        paths.append(subrequest.path)
        return usual(request, subrequest, **kwargs)

    monkeypatch.setattr(batch_items, "_answer_request", note)
    return paths


@pytest.mark.parametrize("caller", ["owner", "reader", "member"])
def test_usual_reads_are_no_requests(both_ways, made, caller):
    answer = both_ways(caller, {"requests": [{"path": ONE}, {"path": f"/v1{TWO}"}]})
    assert [entry["status"] for entry in answer["responses"]] == [200, 200]
    assert len(made) == 2  # those of the second run


def test_changes_that_are_told_are_no_requests_after_the_first_of_a_kind(make_app, made):
    app = make_app(includes="tests.views.noting_plugin")
    for uri in ("/buckets/blog", COLLECTION, ONE):
        app.put_json(uri, headers=CALLERS["owner"])
    noted.clear()
    body = {"data": {"n": 1}}
    requests = [
        {"path": RECORDS, "method": "POST", "body": body},
        {"path": ONE, "method": "PUT", "body": body},
    ]
    app.post_json("/batch", {"requests": requests * 4}, headers=CALLERS["owner"])
    assert made == [f"/v1{RECORDS}", f"/v1{ONE}"]
    told = [(kind, payload["action"], len(impacted)) for kind, payload, impacted, _ in noted]
    assert told == [
        (kind, action, 4)
        for kind in ("ResourceChanged", "AfterResourceChanged")
        for action in ("create", "update")
    ]


def test_usual_writes_are_no_requests(both_ways, made):
    body = {"data": {"n": 1}}
    new = {"path": THREE, "headers": {**CALLERS["owner"], "If-None-Match": "*"}}
    requests = [
        {"path": ONE, "method": "PUT", "body": body},
        {"path": RECORDS, "method": "POST", "body": body},
        {"path": ONE, "method": "PATCH", "body": body},
        {**new, "method": "PUT", "body": body},
    ]
    answer = both_ways("owner", {"requests": requests})
    assert [entry["status"] for entry in answer["responses"]] == [200, 201, 200, 201]
    if not noted:  # Nobody listens.
        assert len(made) == 4  # those of the second run


@pytest.mark.parametrize("method", ["GET", "PUT"])
@pytest.mark.parametrize(
    "way",
    ["view", "view_with_predicate", "deriver", "new_request", "context_found", "new_response",
     "before_render"],
)  # fmt: skip
def test_who_has_a_say_in_every_answer_has_it_in_a_batch(make_app, way, method):
    app = make_app(includes="tests.views.meddling_plugin", meddling=way)
    for uri in ("/buckets/blog", COLLECTION, ONE):
        app.put_json(uri, headers=CALLERS["owner"])
    meddling_plugin.come_later(app.registry)
    body = {"data": {"n": 1}} if method == "PUT" else {}
    alone = app.request(
        ONE, method=method, headers=CALLERS["owner"], body=json.dumps(body).encode() if body else b"",
        **({"content_type": "application/json"} if body else {}),
    )  # fmt: skip
    # Of two views for the same bodies, either may be the first.
    assert "X-Meddled" in alone.headers or (way, method) == ("view", "PUT")
    requests = [{"path": ONE, "method": method, "body": body}]
    answer = app.post_json("/batch", {"requests": requests}, headers=CALLERS["owner"])
    (described,) = answer.json["responses"]
    assert ("X-Meddled" in described["headers"]) == ("X-Meddled" in alone.headers)
