"""Random histories of two users and a stranger: both applications answer as the model does.

Statuses, bodies, permissions, timestamps and `ETag`s are all predicted. `MODEL_EXAMPLES` and
`MODEL_STEPS` set how many histories are tried, and how long they are.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from tests.factories import credentials
from tests.http.pair import Pair
from tests.http.wire import call
from tests.model.service import ABSENT, Ask, Reply, Service
from tests.model.uris import is_list, list_of

USERS = ("alice", "bob", None)
BUCKETS = ("/buckets/a_b", "/buckets/axb")
COLLECTIONS = tuple(f"{bucket}/collections/{name}" for bucket in BUCKETS for name in ("c", "cc"))
GROUPS = tuple(f"{bucket}/groups/g" for bucket in BUCKETS)
RECORDS = tuple(f"{uri}/records/{name}" for uri in COLLECTIONS[:3] for name in ("r", "r2"))
URIS = (*BUCKETS, *BUCKETS, *COLLECTIONS, *GROUPS, *RECORDS, *RECORDS)
LISTS = tuple(sorted({list_of(uri) for uri in URIS}))
SHARED_BY = ("system.Everyone", "system.Authenticated", "alice", "bob", *GROUPS)
NAMES = {"buckets": ("read", "write", "collection:create", "group:create"),
         "collections": ("read", "write", "record:create"),
         "groups": ("read", "write"), "records": ("read", "write")}  # fmt: skip

# What stands for a timestamp until the state is known.
TIMES = ("past", "future", "clock", "own", "taken")
fields = st.one_of(st.sampled_from((1, 2, "a", "b", None, True)), st.just(ABSENT))
times = st.one_of(st.none(), st.none(), st.none(), st.sampled_from(TIMES))
conditions = st.sampled_from((ABSENT,) * 6 + ("*", "current", "other"))
users = st.sampled_from((*USERS, "alice", "alice", "bob"))
members = st.lists(st.sampled_from(("alice", "bob", "x", "system.Authenticated")), max_size=2)
grants = st.lists(st.sampled_from(SHARED_BY), max_size=2, unique=True)


@st.composite
def permission_maps(draw: Any, uri: str) -> Any:
    names = NAMES[uri.split("/")[-2]]
    return draw(st.dictionaries(st.sampled_from(names), grants | st.none(), max_size=2))


@st.composite
def writes(draw: Any) -> Ask:
    """A change of one object."""
    uri = draw(st.sampled_from(URIS))
    method = draw(st.sampled_from(("PUT", "PUT", "PUT", "PATCH", "POST", "DELETE")))
    data: Any = {"x": draw(fields), "last_modified": draw(times)}
    if "/groups/" in uri:
        data["members"] = draw(st.one_of(members, st.just(ABSENT)))
    data = {name: value for name, value in data.items() if value is not ABSENT}
    if data["last_modified"] is None:
        del data["last_modified"]
    query: tuple[tuple[str, Any], ...] = ()
    if method == "DELETE":
        query = (("last_modified", data["last_modified"]),) if "last_modified" in data else ()
        data = ABSENT
    permissions = (
        draw(permission_maps(uri)) if method != "DELETE" and draw(st.booleans()) else ABSENT
    )
    if method == "PUT" and draw(st.sampled_from((False, False, True))):
        data = ABSENT
    if method == "POST":
        data["id"], uri = uri.rpartition("/")[2], list_of(uri)
    return Ask(
        method, uri, draw(users), data, permissions, draw(conditions), draw(conditions), query,
        merge=method == "PATCH" and draw(st.booleans()),
    )  # fmt: skip


@st.composite
def reads(draw: Any) -> Ask:
    """A look at an object or at a list, or the deletion of what a list shows."""
    user, if_match, if_none_match = draw(users), draw(conditions), draw(conditions)
    if draw(st.booleans()):
        uri = draw(st.sampled_from(URIS))
        return Ask("GET", uri, user, if_match=if_match, if_none_match=if_none_match)
    parts = draw(st.lists(st.one_of(
        st.tuples(st.sampled_from(("_since", "_before")), st.sampled_from(("0", "past", "clock", "own"))),
        st.tuples(st.sampled_from(("x", "not_x", "gt_x", "max_x")), st.sampled_from((1, 2, "a", True))),
        st.tuples(st.just("has_x"), st.booleans()),
        st.tuples(st.just("_sort"), st.sampled_from(("x", "-x", "last_modified", "-last_modified"))),
    ), max_size=2, unique_by=lambda pair: pair[0]))  # fmt: skip
    method = draw(st.sampled_from(("GET", "GET", "GET", "HEAD", "DELETE")))
    uri = draw(st.sampled_from(LISTS))
    return Ask(
        method, uri, user, if_match=if_match, if_none_match=if_none_match, query=tuple(parts)
    )


class Histories(RuleBasedStateMachine):
    """Each step asks the model and both applications."""

    pair: Pair

    def __init__(self) -> None:
        super().__init__()
        self.frozen = self.pair.frozen()
        self.frozen.__enter__()
        self.service = Service(founded=self.pair.now)
        self.ids = {
            user: call(self.pair.apis["memory"], "GET", "/", user=user).json["user"]["id"]
            for user in ("alice", "bob", "carol")
        }
        # A first bucket, out of the way of the others, so that `/buckets` has its own time.
        self.one(Ask("PUT", "/buckets/first", "carol"))
        for uri in (BUCKETS[0], *COLLECTIONS[:2], GROUPS[0], *RECORDS[:3]):
            self.one(Ask("PUT", uri, "alice", {"x": 1}))
        self.one(Ask("PUT", BUCKETS[1], "bob", permissions={"read": ["system.Everyone"]}))
        self.one(Ask("PUT", COLLECTIONS[2], "bob", permissions={"record:create": ["alice"]}))

    def teardown(self) -> None:
        self.frozen.__exit__(None, None, None)

    @rule(ask=writes())
    def change(self, ask: Ask) -> None:
        self.one(self.dated(ask))

    @rule(ask=reads(), size=st.integers(1, 3))
    def look(self, ask: Ask, size: int) -> None:
        ask = self.dated(ask)
        answer = self.one(ask)
        if ask.method == "GET" and is_list(ask.uri) and answer.status == 200:
            self.turn_pages(ask, size, answer.data)

    @rule(asks=st.lists(writes() | reads(), min_size=1, max_size=5))
    def batch(self, asks: list[Ask]) -> None:
        asks = [self.dated(ask) for ask in asks if not ask.merge]
        sent = [self.wire(ask) for ask in asks]
        requests = [
            {"method": method, "path": url, "headers": headers} | ({"body": body} if body else {})
            for method, url, headers, body in sent
        ]
        answer = self.pair.send("POST", "/batch", json={"requests": requests})
        assert answer.status == 200, answer
        for number, (ask, entry) in enumerate(zip(asks, answer.json["responses"], strict=True), 1):
            last = number == len(asks)
            expected = self.service.handle(self.as_principal(ask), self.pair.now, last=last)
            headers = {name.lower(): value for name, value in entry["headers"].items()}
            self.compare(ask, expected, entry["status"], headers, entry["body"])

    # How a step is made.

    def one(self, ask: Ask) -> Any:
        method, url, headers, body = self.wire(ask)
        content = {} if body is None else {"json": body}
        answer = self.pair.send(method, url, headers=headers, **content)
        expected = self.service.handle(self.as_principal(ask), self.pair.now)
        json_body = answer.json if answer.body else ""
        self.compare(ask, expected, answer.status, answer.headers, json_body)
        return answer

    def compare(self, ask: Ask, expected: Reply, status: int, headers: Any, body: Any) -> None:
        assert status == expected.status, (ask, expected, body)
        if expected.etag is not None:
            assert headers["etag"] == f'"{expected.etag}"', (ask, expected, headers)
        if expected.errno is not None and body != "":
            assert body["errno"] == expected.errno
        if status == 412 and body != "":
            existing = body.get("details", {}).get("existing", ABSENT)
            assert existing == expected.existing, (ask, expected, body)
        if status >= 300:
            return
        if ask.method == "HEAD":
            assert headers["total-objects"] == str(expected.data), (ask, expected, headers)
        else:
            assert exact(body["data"]) == exact(expected.data), (ask, expected, body)
        if expected.permissions is not ABSENT:
            shown = {name: frozenset(who) for name, who in body["permissions"].items()}
            assert shown == expected.permissions, (ask, expected, body)

    def turn_pages(self, ask: Ask, size: int, whole: list[Any]) -> None:
        method, url, headers, _ = self.wire(ask)
        headers = {"Authorization": headers["Authorization"]} if "Authorization" in headers else {}
        pages: list[Any] = []
        url = f"{url}{'&' if '?' in url else '?'}_limit={size}"
        while url:
            page = self.pair.send(method, url, headers=headers)
            pages += page.data
            url = page.headers.get("next-page", "").partition("/v1")[2]
            assert len(page.data) == size or not url
            assert len(pages) <= len(whole), "pages without end"
        assert pages == whole

    def as_principal(self, ask: Ask) -> Ask:
        """The request as the model sees it: principals instead of the names of users."""

        def named(who: Any) -> Any:
            return who if who is None else [self.ids.get(name, name) for name in who]

        data, permissions = ask.data, ask.permissions
        if data is not ABSENT and "members" in data:
            data = {**data, "members": named(data["members"])}
        if permissions is not ABSENT:
            permissions = {name: named(who) for name, who in permissions.items()}
        return Ask(
            ask.method, ask.uri, ask.user and self.ids[ask.user], data, permissions,
            ask.if_match, ask.if_none_match, ask.query, ask.merge,
        )  # fmt: skip

    def wire(self, ask: Ask) -> tuple[str, str, dict[str, str], Any]:
        """The request as it is sent."""
        headers = credentials(ask.user) if ask.user else {}
        for name, value in (("If-Match", ask.if_match), ("If-None-Match", ask.if_none_match)):
            if value is not ABSENT:
                headers[name] = value if value == "*" else f'"{value}"'
        if ask.merge:
            headers["Content-Type"] = "application/merge-patch+json"
        query = "&".join(f"{name}={quote(text(value))}" for name, value in ask.query)
        url = f"{ask.uri}?{query}" if query else ask.uri
        seen = self.as_principal(ask)
        body = {
            name: value
            for name, value in (("data", seen.data), ("permissions", seen.permissions))
            if value is not ABSENT
        }
        return ask.method, url, headers, body or None

    def dated(self, ask: Ask) -> Ask:
        """The request with real timestamps instead of what stands for them."""
        state = self.service
        place = ask.uri if is_list(ask.uri) else list_of(ask.uri)
        target = ask.uri
        if is_list(ask.uri) and ask.data is not ABSENT:
            target = f"{ask.uri}/{ask.data['id']}"
        obj = state.objects.get(target)
        clock = state.clock(place)
        own = obj.stamp if obj else clock
        others = [state.objects[uri].stamp for uri in state._members(place) if uri != target]
        known = {"past": clock - 5, "future": clock + 7, "clock": clock, "own": own, "0": 0,
                 "taken": min(others, default=clock - 9)}  # fmt: skip
        current = clock if (is_list(ask.uri) and ask.method != "POST") else own

        def dated(value: Any) -> Any:
            return known[value] if isinstance(value, str) and value in known else value

        def condition(value: Any) -> Any:
            return {"current": current, "other": current + 1}.get(value, value)

        data = ask.data
        if data is not ABSENT and "last_modified" in data:
            data = {**data, "last_modified": dated(data["last_modified"])}
        query = tuple(
            (name, dated(value) if "_s" in name or name in ("_before", "last_modified") else value)
            for name, value in ask.query
        )
        return Ask(
            ask.method, ask.uri, ask.user, data, ask.permissions,
            condition(ask.if_match), condition(ask.if_none_match), query, ask.merge,
        )  # fmt: skip


def text(value: Any) -> str:
    return (
        {True: "true", False: "false"}.get(value, str(value))
        if isinstance(value, bool)
        else str(value)
    )


def exact(value: Any) -> Any:
    """Equal only when 1, 1.0 and true are told apart."""
    if isinstance(value, dict):
        return {name: exact(item) for name, item in value.items()}
    if isinstance(value, list):
        return [exact(item) for item in value]
    return type(value).__name__, value


effort = settings(
    deadline=None,
    database=None,
    max_examples=int(os.environ.get("MODEL_EXAMPLES", "20")),
    stateful_step_count=int(os.environ.get("MODEL_STEPS", "40")),
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with closing(Pair(tmp_path_factory.mktemp("model"))) as pair:
        yield pair


def test_any_history_goes_as_the_model_says(pair: Pair) -> None:
    machine = type("Histories", (Histories,), {"pair": pair})
    run_state_machine_as_test(machine, settings=effort)
