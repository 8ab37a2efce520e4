"""Writing one record the short way does what the long way does: answers, rows, permissions, events.

A query string that means nothing is enough to take the long way (`kinto.core.resource.plain_writes`).
"""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kinto.core.resource.open_lists import Deputy, OpenList
from kinto.core.resource.plain_writes import Asked, Attempt
from tests import factories
from tests.views import noting_plugin

LONG_WAY = "?nothing=1"
BUCKET = "/buckets/blog"
COLLECTION = f"{BUCKET}/collections/articles"
RECORDS = f"{COLLECTION}/records"
OLD, NEW, DEAD = (f"{RECORDS}/{name}" for name in ("old", "new", "dead"))
STORED = {"title": "First", "tags": ["a", {"b": 1}], "n": None}
SCHEMA = {
    "type": "object",
    "required": ["title"],
    "properties": {"title": {"type": "string", "maxLength": 5}, "rank": {"type": "integer"}},
}
CALLERS = {
    "owner": factories.credentials("owner"),
    "reader": factories.credentials("reader"),
    "writer": factories.credentials("writer"),
    "editor": factories.credentials("editor"),
    "creator": factories.credentials("creator"),
    "stranger": factories.credentials("stranger"),
    "nobody": {},
}
PLAIN = {"data": {"title": "Next", "deep": {"list": [1, 2.5, "é", None, True]}}}
BODIES = {
    "plain": PLAIN,
    "empty": {"data": {}},
    "same id": {"data": {"id": "old", "a": 1}},
    "another id": {"data": {"id": "other"}},
    "new id": {"data": {"id": "new", "a": 1}},
    "dead id": {"data": {"id": "dead"}},
    "bad id": {"data": {"id": "no id"}},
    "id with a line feed": {"data": {"id": "old\n"}},
    "null id": {"data": {"id": None}},
    "number as id": {"data": {"id": 4}},
    "old time": {"data": {"a": 1, "last_modified": 1}},
    "late time": {"data": {"a": 1, "last_modified": 99999999999999}},
    "text as time": {"data": {"a": 1, "last_modified": "now"}},
    "true as time": {"data": {"a": 1, "last_modified": True}},
    "permissions inside": {"data": {"a": 1, "__permissions__": {"write": ["me"]}}},
    "deleted": {"data": {"deleted": True}},
    "schema": {"data": {"schema": 12}},
    "permissions": {"data": {"a": 1}, "permissions": {"read": ["system.Everyone"]}},
    "permissions alone": {"permissions": {"read": ["system.Everyone"]}},
    "no permissions": {"data": {"a": 1}, "permissions": None},
    "unknown permission": {"data": {"a": 1}, "permissions": {"fly": ["me"]}},
    "unknown member": {"data": {"a": 1}, "what": 1},
    "nothing": {},
    "null data": {"data": None},
    "list as data": {"data": [1]},
    "list": [],
    "text": "text",
    "nulls": {"data": {"title": None, "n": None, "new": None}},
    "long": {"data": {"title": "x" * 100_000}},
}
TEXTS = {
    "malformed": b'{"data": ',
    "twice": b'{"data": {"a": 1, "a": 2}}',
    "nul": b'{"data": {"a": "\\u0000"}}',
    "surrogate": b'{"data": {"a": "\\ud800"}}',
    "not utf-8": b'{"data": {"a": "\xff"}}',
    "not a number": b'{"data": {"a": NaN}}',
    "large number": b'{"data": {"a": 123456789012345678901234567890}}',
    "deep": b'{"data": {"a": ' + b"[" * 600 + b"]" * 600 + b"}}",
    "empty": b"",
}
CONTENT_TYPES = (
    "application/json",
    "application/json; charset=utf-8",
    "application/json; charset=latin-1",
    "application/json; charset=unknown",
    "application/merge-patch+json",
    "application/json-patch+json",
    "text/plain",
    "",
)
CONDITIONS = ('"{etag}"', '"1"', "{etag}", "*", " * ", '"x"', "", f'"{"9" * 30}"')


@pytest.fixture(params=["nobody listens", "a plugin listens"])
def blog(request, make_app):
    includes = "tests.views.noting_plugin" if request.param == "a plugin listens" else ""
    return make_app(includes=includes, experimental_collection_schema_validation=True)


@pytest.fixture(scope="module")
def unheard(tmp_path_factory):
    """An application where nobody listens; the way of a request does not depend on the backend."""
    folder = tmp_path_factory.mktemp("unheard")
    return factories.build_api("memory", folder, experimental_collection_schema_validation=True)


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """What was written the short way."""
    written = []
    store = Attempt.store

    def noted(self, *args):
        written.append(store(self, *args))
        return written[-1]

    monkeypatch.setattr(Attempt, "store", noted)
    return written


def _fill(api, *, schema=None, of_bucket=None):
    api.empty()
    ids = {
        name: api.get("/", headers=headers).json["user"]["id"]
        for name, headers in CALLERS.items()
        if headers
    }
    owner = CALLERS["owner"]
    # Where nobody is given permissions, owners have to be named.
    owned = {"permissions": {"write": [ids["owner"]]}}
    api.put_json(BUCKET, {"data": of_bucket or {}, **owned}, headers=owner)
    api.put_json(
        COLLECTION,
        {
            "data": {} if schema is None else {"schema": schema},
            "permissions": {
                "read": [ids["reader"]],
                "write": [ids["writer"]],
                "record:create": [ids["creator"]],
            },
        },
        headers=owner,
    )
    shared = {"write": [ids["editor"]], "read": [ids["reader"]]}
    api.put_json(f"{OLD}{LONG_WAY}", {"data": STORED, "permissions": shared}, headers=owner)
    api.put_json(f"{DEAD}{LONG_WAY}", {"data": {"title": "Gone"}}, headers=owner)
    api.delete(DEAD, headers=owner)
    noting_plugin.noted.clear()


class _Names:
    """Stable names for what differs from run to run: timestamps, in their order, and new ids."""

    def __init__(self, *values):
        text = json.dumps(values, default=_jsonable)
        times = sorted({int(found) for found in re.findall(r"(?<!\d)1[6-9]\d{11}(?!\d)", text)})
        self.times = {time: f"time {place}" for place, time in enumerate(times)}

    def of(self, value):
        text = json.dumps(value, default=_jsonable, sort_keys=False)
        text = re.sub(r"(?<!\d)1[6-9]\d{11}(?!\d)", lambda m: self.times[int(m[0])], text)
        return re.sub(
            r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", "new id", text
        )


def _jsonable(value):
    return sorted(value) if isinstance(value, (set, frozenset)) else repr(value)


def _outcome(api, answer):
    """The answer and all that it left behind."""
    headers = {
        name: value for name, value in answer.headers.items() if name not in ("Last-Modified",)
    }
    assert ("Last-Modified" in answer.headers) == ("ETag" in answer.headers)
    body = answer.json if answer.body else None
    for principals in ((body or {}).get("permissions") or {}).values():
        principals.sort()
    rows = api.storage.list_all("record", COLLECTION, include_deleted=True)
    rows.sort(key=lambda row: row["last_modified"])
    uris = [f"{RECORDS}/{row['id']}" for row in rows]
    seen = (
        answer.status_code,
        sorted(headers.items()),
        body,
        rows,
        api.permission.get_objects_permissions(uris),
        api.storage.resource_timestamp("record", COLLECTION),
        noting_plugin.noted,
    )
    return _Names(*seen).of(seen)


def _send(api, method, uri, body, headers):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", **headers}
    return api.request(uri, method=method, body=content, headers=headers, expect_errors=True)


def _same(api, method, uri, body, headers, **filling):
    """Send the same the short and the long way; returns the answer of the short one."""
    outcomes = []
    answers = []
    for end in ("", LONG_WAY):
        _fill(api, **filling)
        etag = api.storage.get("record", COLLECTION, "old")["last_modified"]
        named = {name: value.replace("{etag}", str(etag)) for name, value in headers.items()}
        answers.append(_send(api, method, f"{uri}{end}", body, named))
        outcomes.append(_outcome(api, answers[-1]))
    # The events tell the path only, so that the query string makes no difference.
    assert outcomes[0] == outcomes[1]
    assert answers[0].status_code < 500
    return answers[0]


@pytest.mark.parametrize(
    ("method", "uri"),
    [("PUT", OLD), ("PUT", NEW), ("PUT", DEAD), ("PATCH", OLD), ("PATCH", NEW), ("POST", RECORDS)],
)
@pytest.mark.parametrize("caller", CALLERS)
def test_every_caller_is_answered_the_same_both_ways(blog, short, caller, method, uri):
    answer = _same(blog, method, uri, PLAIN, CALLERS[caller])
    assert len(short) == (answer.status_code < 300)


@pytest.mark.parametrize(("method", "uri"), [("PUT", OLD), ("PATCH", OLD), ("POST", RECORDS)])
@pytest.mark.parametrize("body", [*BODIES, *(f"text: {name}" for name in TEXTS)])
def test_every_body_is_read_the_same_both_ways(unheard, body, method, uri):
    content = BODIES[body] if body in BODIES else TEXTS[body.removeprefix("text: ")]
    _same(unheard, method, uri, content, CALLERS["owner"])


@pytest.mark.parametrize(("method", "uri"), [("PUT", OLD), ("PATCH", OLD), ("POST", RECORDS)])
@pytest.mark.parametrize("content_type", CONTENT_TYPES)
def test_every_type_of_body_is_read_the_same_both_ways(unheard, content_type, method, uri):
    headers = {**CALLERS["owner"], "Content-Type": content_type}
    _same(unheard, method, uri, PLAIN, headers)


@pytest.mark.parametrize(
    ("method", "uri"), [("PUT", OLD), ("PUT", NEW), ("PATCH", OLD), ("POST", RECORDS)]
)
@pytest.mark.parametrize("field", ["If-Match", "If-None-Match"])
@pytest.mark.parametrize("value", CONDITIONS)
def test_conditions_are_judged_the_same_both_ways(unheard, field, value, method, uri):
    for caller in ("owner", "creator"):
        _same(unheard, method, uri, PLAIN, {**CALLERS[caller], field: value})


def test_both_conditions_are_judged_the_same_both_ways(blog):
    conditions = {"If-Match": '"{etag}"', "If-None-Match": "*"}
    _same(blog, "PUT", OLD, PLAIN, {**CALLERS["owner"], **conditions})


@pytest.mark.parametrize(
    "uri",
    [
        f"{RECORDS}/no%20id",
        f"{RECORDS}/old%0A",
        "/buckets/blog/collections/unknown/records/one",
        "/buckets/unknown/collections/articles/records/one",
        "/buckets/no%20id/collections/articles/records/one",
    ],
)
def test_what_is_missing_is_missing_both_ways(unheard, uri):
    for method in ("PUT", "PATCH"):
        _same(unheard, method, uri, PLAIN, CALLERS["owner"])
    _same(unheard, "POST", uri.rpartition("/")[0], PLAIN, CALLERS["owner"])


@pytest.mark.parametrize(
    "headers",
    [
        {"Response-Behavior": "light"},
        {"Response-Behavior": "diff"},
        {"Response-Behavior": "x"},
        {"Accept": "text/html"},
        {"Accept": "*/*"},
        {"Origin": "https://app.example"},
    ],
)
@pytest.mark.parametrize(("method", "uri"), [("PUT", OLD), ("PATCH", OLD), ("POST", RECORDS)])
def test_other_headers_count_the_same_both_ways(unheard, headers, method, uri):
    _same(unheard, method, uri, PLAIN, {**CALLERS["owner"], **headers})


def test_a_foreign_origin_is_refused_both_ways(make_app):
    api = make_app(cors_origins="https://ours.example")
    for origin in ("https://ours.example", "https://theirs.example"):
        _same(api, "PUT", OLD, PLAIN, {**CALLERS["owner"], "Origin": origin})


@pytest.mark.parametrize("where", ["schema", "of_bucket"])
@pytest.mark.parametrize(
    "data",
    [
        {"title": "Fine"},
        {"title": "Too long"},
        {},
        {"title": 1},
        {"title": "Fine", "rank": 1.0},
        {"title": "Fine", "rank": "1"},
        {"title": "Fine", "rank": 4, "schema": 3},
    ],
)
def test_schemas_are_applied_the_same_both_ways(blog, short, data, where):
    schema = SCHEMA if where == "schema" else {"record:schema": SCHEMA}
    for method, uri in (("PUT", OLD), ("POST", RECORDS)):
        short.clear()
        answer = _same(blog, method, uri, {"data": data}, CALLERS["owner"], **{where: schema})
        assert len(short) == (answer.status_code < 300)


@pytest.mark.parametrize("explicit", [True, False])
def test_writers_are_added_the_same_both_ways(make_app, explicit):
    api = make_app(explicit_permissions=explicit)
    for caller in ("owner", "editor", "creator"):
        for method, uri in (("PUT", OLD), ("PUT", NEW), ("POST", RECORDS)):
            _same(api, method, uri, PLAIN, CALLERS[caller])


_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
_names = st.sampled_from(["title", "rank", "id", "last_modified", "schema", "deleted", "x"])


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    target=st.sampled_from([("PUT", OLD), ("PUT", NEW), ("PATCH", OLD), ("POST", RECORDS)]),
    body=st.fixed_dictionaries({"data": st.dictionaries(_names, _values, max_size=4)}),
    caller=st.sampled_from(["owner", "editor", "creator"]),
    with_schema=st.booleans(),
)
def test_any_body_does_the_same_both_ways(unheard, target, body, caller, with_schema):
    filling = {"schema": SCHEMA} if with_schema else {}
    _same(unheard, *target, body, CALLERS[caller], **filling)


class _Request:
    """As much of a request as a deputy needs."""

    def __init__(self, api, name):
        self.registry = api.registry
        self.bound_data = {}
        user = api.get("/", headers=CALLERS[name]).json["user"]
        self.prefixed_userid = user["id"]
        self.prefixed_principals = user["principals"]


@pytest.mark.parametrize(
    ("method", "uri"),
    [("PUT", OLD), ("PUT", NEW), ("PUT", DEAD), ("PATCH", OLD), ("POST", RECORDS)],
)
@pytest.mark.parametrize("caller", [name for name in CALLERS if name != "nobody"])
def test_a_deputy_writes_what_a_request_writes(unheard, caller, method, uri):
    outcomes = []
    matchdict = {"bucket_id": "blog", "collection_id": "articles"}
    for by_deputy in (False, True):
        _fill(unheard)
        if by_deputy:
            service = unheard.registry.cornice_services[
                "v1/buckets/{bucket_id}/collections/{collection_id}/records/{id}"
            ]
            asked = Asked(method, uri, matchdict, json.loads(json.dumps(PLAIN["data"])))
            deputy = Deputy(_Request(unheard, caller))
            rules = service.plain_writes.writes
            written = OpenList.of(rules, deputy, RECORDS, matchdict).write(asked)
            seen = None if written is None else (written.status, written.body)
        else:
            answer = _send(unheard, method, uri, PLAIN, CALLERS[caller])
            seen = (answer.status_code, answer.json) if answer.status_code < 300 else None
        rows = unheard.storage.list_all("record", COLLECTION)
        rows.sort(key=lambda row: row["last_modified"])
        uris = [f"{RECORDS}/{row['id']}" for row in rows]
        found = (seen, rows, unheard.permission.get_objects_permissions(uris))
        if seen is not None:
            for principals in seen[1]["permissions"].values():
                principals.sort()
        outcomes.append(_Names(*found).of(found))
    assert outcomes[0] == outcomes[1]
