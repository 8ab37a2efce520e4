"""`/buckets/{bid}/collections/{cid}/changeset`: a collection, its metadata and its timestamp in
one answer, under an address that caches can keep."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import colander
from pyramid.httpexceptions import HTTPConflict, HTTPNotFound

from kinto.authorization import RouteFactory
from kinto.core import Service
from kinto.core.authorization import DYNAMIC
from kinto.core.errors import ERRORS, http_error, json_error_handler
from kinto.core.openapi import answer, failure
from kinto.core.storage import Filter, Sort
from kinto.core.utils import COMPARISON
from kinto.plugins.changes.entries import BUCKET, COLLECTION, ChangesModel
from kinto.plugins.changes.redirecting import REDIRECTION, redirect_old_since
from kinto.plugins.changes.settings import cache_seconds

PAGE = 2000

_QUOTED = re.compile(r'"(\d{1,18})"', re.ASCII)
_NUMBER = re.compile(r"\d{1,18}", re.ASCII)
_NEWEST_FIRST = [Sort("last_modified", -1)]


class ChangesetContext(RouteFactory):
    """Readers of the collection's metadata; everybody for the list of changes."""

    def __init__(self, request: Any) -> None:
        super().__init__(request)
        ids = request.matchdict
        self.is_monitor = (ids["bucket_id"], ids["collection_id"]) == (BUCKET, COLLECTION)
        self.narrows_itself = self.is_monitor
        self.resource_name = "collection"
        self.required_permission = "read"
        bucket_uri = f"/buckets/{ids['bucket_id']}"
        self.permission_object_id = f"{bucket_uri}/collections/{ids['collection_id']}"
        if self.is_monitor and request.method in ("GET", "HEAD"):
            redirect_old_since(request)

    def check_permission(self, principals: Any, bound_perms: Any) -> bool:
        return self.is_monitor or super().check_permission(principals, bound_perms)


@dataclass(frozen=True)
class Query:
    """What was asked for: changes after `since`, at most `limit` of them."""

    since: int | None
    limit: int | None


changeset = Service(
    name="collection-changeset",
    path="/buckets/{bucket_id}/collections/{collection_id}/changeset",
    description="A collection in one answer",
    factory=ChangesetContext,
)


class ChangesetQuery(colander.MappingSchema):
    """The parameters; the view reads them itself."""

    expected = colander.SchemaNode(
        colander.String(), name="_expected", description="A timestamp, or any text: for caches."
    )
    since = colander.SchemaNode(
        colander.String(),
        name="_since",
        missing=colander.drop,
        validator=colander.Regex(r'^"[0-9]{1,18}"$'),
        description="A timestamp between double quotes.",
    )
    limit = colander.SchemaNode(
        colander.Integer(),
        name="_limit",
        missing=colander.drop,
        validator=colander.Range(min=0, max=10**18 - 1),
    )


class ChangesetRequest(colander.MappingSchema):
    querystring = ChangesetQuery()


class ChangesetBody(colander.MappingSchema):
    """A collection in one answer."""

    metadata = colander.SchemaNode(colander.Mapping(unknown="preserve"))
    timestamp = colander.SchemaNode(colander.Integer())
    changes = colander.SchemaNode(
        colander.Sequence(), colander.SchemaNode(colander.Mapping(unknown="preserve"))
    )


@changeset.get(
    permission=DYNAMIC,
    schema=ChangesetRequest(),
    tags=["Changes"],
    operation_id="get_changeset",
    response_schemas={
        "200": answer("The collection, or what changed in it.", ChangesetBody()),
        "307": answer("That time is too old: to the whole collection.", content_type=REDIRECTION),
        "409": failure("The collection changed while it was read."),
    },
)
def changeset_get(request: Any) -> dict[str, Any]:
    """The collection, or what changed in it.

    Raises:
        HTTPBadRequest: a parameter is missing or malformed.
        HTTPNotFound: there is no such collection.
        HTTPConflict: it changed meanwhile.
    """
    query = _query(request)
    if request.context.is_monitor:
        answer = _monitored(request, query)
    else:
        answer = _collection(request, query)
    _add_cache_header(request)
    return answer


def _query(request: Any) -> Query:
    given = request.GET
    if not given.get("_expected"):
        request.errors.add("querystring", "_expected", "Required")
    since, limit = None, None
    if "_since" in given:
        match = _QUOTED.fullmatch(given["_since"])
        if match is None:
            text = "The value should be integer between double quotes."
            request.errors.add("querystring", "_since", text)
        else:
            since = int(match.group(1))
    if "_limit" in given:
        if _NUMBER.fullmatch(given["_limit"]) is None:
            request.errors.add("querystring", "_limit", f'"{given["_limit"]}" is not a number')
        else:
            limit = int(given["_limit"])
    if request.errors:
        raise json_error_handler(request)
    return Query(since, limit)


def _monitored(request: Any, query: Query) -> dict[str, Any]:
    model = ChangesModel(request)
    filters = [
        Filter(name, request.GET[name], COMPARISON.EQ)
        for name in ("bucket", "collection")
        if name in request.GET
    ]
    if query.since is not None:
        filters.append(Filter("last_modified", query.since, COMPARISON.GT))
    changes = model.get_objects(filters=filters, sorting=_NEWEST_FIRST, limit=query.limit)
    return {"metadata": {}, "timestamp": model.timestamp(), "changes": changes}


def _collection(request: Any, query: Query) -> dict[str, Any]:
    storage = request.registry.storage
    ids, uri = request.matchdict, request.context.permission_object_id
    key = ("collection", uri.partition("/collections/")[0], ids["collection_id"])
    metadata = storage.get_many([key])[0]
    if metadata is None:
        raise HTTPNotFound()
    filters = []
    if query.since is not None:
        filters.append(Filter("last_modified", query.since, COMPARISON.GT))
    changes: list[dict[str, Any]] = []
    timestamp: int | None = None
    rules = None
    while True:
        # A backend may cap what one call gives.
        size = PAGE if query.limit is None else min(PAGE, query.limit - len(changes))
        moment, page = storage.list_page(
            "record",
            uri,
            filters=filters,
            sorting=_NEWEST_FIRST,
            pagination_rules=rules,
            limit=size,
            include_deleted=query.since is not None,
        )
        if timestamp is not None and moment != timestamp:
            raise _conflict(request)
        timestamp = moment
        changes += page
        if len(page) < size or len(changes) == query.limit or not page:
            break
        rules = [[Filter("last_modified", page[-1]["last_modified"], COMPARISON.LT)]]
    return {"metadata": metadata, "timestamp": timestamp, "changes": changes}


def _add_cache_header(request: Any) -> None:
    """Answers that depend on who asks are not for caches."""
    ids = request.matchdict
    seconds = cache_seconds(
        request.registry.settings, ids["bucket_id"], ids["collection_id"], expected=True
    )
    is_public = request.context.is_monitor or request.prefixed_userid is None
    if seconds is None or not is_public:
        request.response.headers["Cache-Control"] = "no-cache, no-store"
    else:
        request.response.cache_expires(seconds)


def _conflict(request: Any) -> HTTPConflict:
    error = http_error(
        HTTPConflict(),
        errno=ERRORS.CONSTRAINT_VIOLATED,
        message="Integrity constraint violated, please retry.",
    )
    error.headers["Retry-After"] = str(request.registry.settings["retry_after_seconds"])
    return error
