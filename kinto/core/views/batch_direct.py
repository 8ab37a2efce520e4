"""Usual requests of a batch, answered without making requests of them.

As in `resource.plain` and `resource.plain_writes`, only successes are decided here, by the same
functions. Whatever is unusual, or refused, is left to a request of its own: another caller than
that of the batch, a rare header, a path that has to be decoded, somebody who wants to see every
request, or the first change of its kind that somebody is told of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from pyramid.interfaces import IAuthorizationPolicy

from kinto.core.authentication.identity import may_share_identity, share_identity, take_identity
from kinto.core.authorization.context import RouteFactory
from kinto.core.authorization.decision import is_permitted
from kinto.core.authorization.narrowing import narrowing_of
from kinto.core.authorization.policy import AuthorizationPolicy
from kinto.core.authorization.principals import expect_permissions
from kinto.core.cornice.negotiation import is_acceptable
from kinto.core.cornice.usual import BODY_TYPE
from kinto.core.events.dispatch import has_readers
from kinto.core.http import conditional
from kinto.core.http.bystanders import texts_of_interest
from kinto.core.http.lookup import route_of
from kinto.core.http.subrequests import build_request
from kinto.core.resource import plain
from kinto.core.resource.open_lists import Deputy, OpenList
from kinto.core.resource.plain_requests import RARE, condition
from kinto.core.resource.plain_writes import Asked, PlainWrites, Written
from kinto.core.runtime import units
from kinto.core.storage.exceptions import IntegrityError
from kinto.core.views.batch_item import Item
from kinto.core.views.batch_kinds import Kind, kind_of

# Headers of the batch that its requests inherit, and that make them unusual.
_UNUSUAL = (
    "HTTP_IF_MATCH",
    "HTTP_IF_NONE_MATCH",
    "HTTP_ORIGIN",
    "HTTP_RESPONSE_BEHAVIOR",
)
_MOST_TOGETHER = 100
_CONDITIONS = ("if-match", "if-none-match")


class DirectItems:
    """Answers to usual requests of one batch. Make it with `of`.

    Args:
        texts: that make a path unusual.
        uris: of what the batch is about, and of the objects above: their permissions are read
            together.
    """

    def __init__(self, request: Any, *, texts: frozenset[str], uris: list[str]) -> None:
        self._request = request
        self._registry = request.registry
        self._texts = texts
        self._policy = self._registry.queryUtility(IAuthorizationPolicy)
        self._kinds: dict[tuple[str, str], Kind | None] = {}
        self._routed: dict[tuple[str, str], tuple[Kind, dict[str, str]] | None] = {}
        self._uris = uris if len(uris) <= _MOST_TOGETHER else []
        self._has_changes = False
        # Until something unusual happens: the caller, objects known to exist, and lists that are
        # written to, all of one resource.
        self._deputy: Deputy | None = None
        self._expects = False
        self._above: set[plain.ObjectKey] = set()
        self._open: dict[str, OpenList] = {}

    @classmethod
    def of(cls, request: Any, uris: Iterable[str]) -> DirectItems | None:
        """None where every request of this batch has to be made."""
        registry, environ = request.registry, request.environ
        if any(name in environ for name in _UNUSUAL) or environ.get("SCRIPT_NAME"):
            return None
        if not is_acceptable(request, (BODY_TYPE,)) or not may_share_identity(registry):
            return None
        if request.prefixed_userid is None or narrowing_of(request) is not None:
            return None
        policy = registry.queryUtility(IAuthorizationPolicy)
        if getattr(type(policy), "permits", None) is not AuthorizationPolicy.permits:
            return None
        texts = texts_of_interest(registry)
        return None if texts is None else cls(request, texts=texts, uris=list(uris))

    def answer(self, item: Item) -> dict[str, Any] | None:
        """The description of a response, or None where a request has to be made.

        Args:
            item: whose path matches `PLAIN_PATH`; none of its headers tells of another caller.
        Raises:
            BackendError: the unit has to be undone.
        """
        path, method = item.path, item.method
        assert path is not None
        routed = self._route(path, method)
        if routed is None:
            return None
        kind, matchdict = routed
        if kind.writes is not None:
            asked = _asked(item, matchdict)
            written = None if asked is None else self._write(kind.writes, asked)
            if written is None:
                return None
            validators = conditional.validators(written.timestamp)
            return kind.describe(path, written.status, written.body, headers=validators)
        if method != "GET" or item.headers or item.specification.get("body"):
            return None
        found = None if has_readers(self._registry) else self._read(kind, item.uri, matchdict)
        if found is None:
            return None
        return kind.describe(path, 200, found.body, headers=plain.headers_of(found.timestamp))

    def forget(self, *, caller: bool) -> None:
        """Something may have changed: what was read is read again.

        Args:
            caller: whether groups may have, too.
        """
        self._expects = False
        self._above.clear()
        self._open.clear()
        if caller:
            self._deputy = None
            self._has_changes = True

    def create(self, items: Iterable[Item]) -> list[dict[str, Any]]:
        """Have new objects of one list written together, as many as can be from the first on.

        Args:
            items: as those of `answer`, all POST or all PUT, about one list or its objects.
        Returns:
            the descriptions of the responses to the first of them, if any: the next one has to be
            asked for by itself.
        Raises:
            BackendError: the unit has to be undone.
        """
        unit = units.current()
        tried: list[Item] = []
        asked = self._asked_together(items, tried)
        first = next(asked, None)
        if unit is None or first is None:
            return []
        kind, begun = first
        assert kind.writes is not None
        opened = self._open.get(begun.list_uri) or self._open_list(kind.writes, begun)
        if opened is None:
            return []
        savepoint = unit.savepoint()
        try:
            created = opened.create(chain((begun,), (each for _, each in asked)))
        except IntegrityError:
            savepoint.rollback()
            return []
        return [
            kind.describe_text(item.path, 201, text, headers=conditional.validators(timestamp))
            for item, (timestamp, text) in zip(tried, created, strict=False)
        ]

    def _asked_together(
        self, items: Iterable[Item], tried: list[Item]
    ) -> Iterator[tuple[Kind, Asked]]:
        """What they ask for, as long as they are usual writes of one kind; they go to `tried`."""
        first: Kind | None = None
        for item in items:
            routed = self._route(item.path, item.method)
            if routed is None or routed[0].writes is None or routed[0] is not (first or routed[0]):
                break
            asked = _asked(item, routed[1])
            if asked is None:
                break
            first = routed[0]
            tried.append(item)
            yield first, asked

    def _route(self, path: str, method: str) -> tuple[Kind, dict[str, str]] | None:
        """What leads to the kind of an item, and the identifiers in its path."""
        key = (path, method)
        if key not in self._routed:
            self._routed[key] = self._find_route(path, method)
        return self._routed[key]

    def _find_route(self, path: str, method: str) -> tuple[Kind, dict[str, str]] | None:
        found = None
        if not any(text in path for text in self._texts):
            routed = route_of(self._registry, path)
            if routed is not None:
                route, matchdict = routed
                key = (route.name, method)
                if key not in self._kinds:
                    self._kinds[key] = kind_of(self._registry, route, method)
                kind = self._kinds[key]
                found = None if kind is None else (kind, matchdict)
        return found

    def _read(self, kind: Kind, uri: str, matchdict: dict[str, str]) -> plain.Found | None:
        list_uri, _, object_id = uri.rpartition("/")
        name, parent_id = kind.resource_cls.__name__.lower(), list_uri.rpartition("/")[0]
        above = kind.resource_cls.ancestor_keys(matchdict)
        keys = [key for key in above if key not in self._above]
        keys.append((name, parent_id, object_id))
        caller = self._caller()
        context = RouteFactory(caller)
        context.resource_name = kind.resource_name
        context.required_permission = "read"
        context.permission_object_id = uri
        if not is_permitted(self._policy, context):
            return None
        found = plain.find(caller, kind.resource_name, keys, uri)
        if found is not None:
            self._above.update(above)
        return found

    def _write(self, rules: PlainWrites, asked: Asked) -> Written | None:
        unit = units.current()
        if unit is None:
            return None
        opened = self._open.get(asked.list_uri) or self._open_list(rules, asked)
        if opened is None:
            return None
        savepoint = unit.savepoint()
        try:
            return opened.write(asked)
        except IntegrityError:
            savepoint.rollback()
            return None  # The request that is made of it will be told.

    def _open_list(self, rules: PlainWrites, asked: Asked) -> OpenList | None:
        if any(other.rules is not rules for other in self._open.values()):
            # What is written to a list of one resource may be above a list of another.
            self.forget(caller=False)
        opened = OpenList.of(rules, self._caller(), asked.list_uri, asked.matchdict)
        if opened is not None:
            self._open[asked.list_uri] = opened
        return opened

    def _caller(self) -> Deputy:
        if self._deputy is None:
            request = self._request
            if self._has_changes:
                # What a request was found to be once, it stays.
                request = build_request(request, {"path": "/"})
                take_identity(request)
            self._deputy = Deputy(request)
            share_identity(request)
            self._expects = False
        if not self._expects:
            expect_permissions(self._deputy, self._uris)
            self._expects = True
        return self._deputy


def _asked(item: Item, matchdict: Mapping[str, str]) -> Asked | None:
    """What is asked of a write; None when it is more than attributes, under usual conditions."""
    body, headers = item.specification.get("body"), item.headers
    if not body or len(body) != 1 or "data" not in body or type(body["data"]) is not dict:
        return None
    if not headers:
        return Asked(item.method, item.uri, matchdict, {**body["data"]})
    conditions: dict[str, Any] = dict.fromkeys(_CONDITIONS)
    for header, text in headers.items():
        name = header.lower()
        if name in conditions and conditions[name] is None:
            conditions[name] = condition(text)
        elif name != "content-type":  # That of a body is known.
            return None
    if_match, if_none_match = conditions.values()
    if RARE in (if_match, if_none_match):
        return None
    return Asked(item.method, item.uri, matchdict, {**body["data"]}, if_match, if_none_match)
