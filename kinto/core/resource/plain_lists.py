"""Reading a list with as little as possible: the answer of `reading.plural_get`, where nothing
else has a say in it.

As in `resource.plain`, only a success (or a 304) is answered here, after the security policy has
let the request through. Whatever is unusual is left to `Resource.plural_get`: a malformed or rare
parameter, another origin, an anonymous caller, subscribers to reads, a missing parent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from operator import itemgetter
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from kinto.core.events.dispatch import has_readers
from kinto.core.http import conditional
from kinto.core.protocol import querystring
from kinto.core.protocol.failures import Problem
from kinto.core.protocol.identifiers import object_uri
from kinto.core.protocol.terms import (
    COMPARISON,
    DEFAULT_DELETED_FIELD,
    DEFAULT_MODIFIED_FIELD,
    Filter,
    Sort,
)
from kinto.core.resource import paging
from kinto.core.resource.plain import UNUSUAL, ObjectKey, known_etag
from kinto.core.resource.splicing import splice
from kinto.core.runtime import clock, json
from kinto.core.storage.pages import JSONPage

_RARE = frozenset(("_token", "_fields", "_to"))
_LONGEST = 1000
_URL = (
    "wsgi.url_scheme",
    "HTTP_HOST",
    "SERVER_NAME",
    "SERVER_PORT",
    "SCRIPT_NAME",
    "PATH_INFO",
    "QUERY_STRING",
)
_url_parts = itemgetter(*_URL)
_KEPT_MS = 60_000
_MOST_KEPT = 256
_LONGEST_KEPT = 4096


class _Asked(NamedTuple):
    """What a query string asks for.

    Attributes:
        after: only what is newer than this timestamp is wanted; None for no such bound.
        tombstones: whether they are wanted, too.
        rest: the query string again, without size and token of the page.
    """

    filters: list[Filter]
    sorting: list[Sort]
    limit: int | None
    after: int | None
    tombstones: bool
    rest: str


def shortcut_of(resource_cls: Any) -> Callable[[Any], Any] | None:
    """The function that may answer to GET of a list of this class; see `plain.shortcut_of`."""
    if not vars(resource_cls).get("plain_reads"):
        return None
    if resource_cls.schema.get_option("preserve_unknown") is not True:
        return None
    return partial(read, resource_cls)


def read(resource_cls: Any, request: Any) -> Any:
    """The response, or None where `Resource.plural_get` has to answer."""
    environ, registry = request.environ, request.registry
    if not UNUSUAL.isdisjoint(environ):
        return None
    keys = resource_cls.ancestor_keys(request.matchdict)
    if request.prefixed_userid is None or not keys or has_readers(registry):
        return None
    name, parent_id, object_id = keys[0]
    return answer(
        request,
        keys,
        resource_name=resource_cls.__name__.lower(),
        parent_id=object_uri(name, parent_id=parent_id, object_id=object_id),
        only_ids=getattr(request.context, "shared_ids", None),
    )


def answer(
    request: Any,
    keys: Sequence[ObjectKey],
    *,
    resource_name: str,
    parent_id: str,
    only_ids: list[str] | None = None,
) -> Any:
    """The response to a caller who may read a list, or None as for `read`.

    Args:
        keys: of what stands above the objects.
        resource_name: the one under which they are stored.
        only_ids: of those that are shared with the caller; None for all.
    """
    environ, registry = request.environ, request.registry
    storage = registry.storage
    make = getattr(storage, "list_page_json", None)
    asked = None if make is None else _asked(environ.get("QUERY_STRING", ""), registry.settings)
    etag = known_etag(environ)
    if asked is None or etag == 0:
        return None
    timestamp = storage.timestamp_with(keys, resource_name=resource_name, parent_id=parent_id)
    if timestamp is None:
        return None
    if etag == timestamp:
        return conditional.not_modified_response(timestamp)
    if asked.after is not None and asked.after >= timestamp:
        return _answer(request, asked, JSONPage(timestamp, [], b"", more=False))
    page = make(
        resource_name=resource_name,
        parent_id=parent_id,
        filters=asked.filters,
        sorting=asked.sorting,
        limit=asked.limit,
        include_deleted=asked.tombstones,
        only_ids=only_ids,
        deleted_field=DEFAULT_DELETED_FIELD,
    )
    return _answer(request, asked, page)


def _answer(request: Any, asked: _Asked, page: JSONPage) -> Any:
    headers = conditional.validators(page.timestamp)
    headers["Cache-Control"] = "no-cache, no-store"
    if page.more and asked.limit is not None:
        headers["Next-Page"] = _next_page(request, asked, asked.limit, page.last)
    return splice(request, page, headers)


def _next_page(request: Any, asked: _Asked, limit: int, last: bytes) -> str:
    """The URL of the page after an object; for a while the same one for the same request."""
    environ = request.environ
    known: dict[Any, str] = vars(request.registry).setdefault("_next_pages", {})
    try:
        parts = _url_parts(environ)
    except KeyError:  # HTTP/1.0 needs no `Host`.
        parts = tuple(map(environ.get, _URL))
    # All that the URL and its token are made of; the key of the tokens is the registry's.
    key = (clock.now_ms() // _KEPT_MS, request.prefixed_userid, last, limit, parts)
    url = known.get(key)
    if url is None:
        url = paging.url_after(
            request,
            json.loads_trusted(last),
            filters=asked.filters,
            sorting=asked.sorting,
            limit=limit,
            rest=asked.rest,
        )
        if len(last) <= _LONGEST_KEPT and "sent_path" not in vars(request):
            if len(known) >= _MOST_KEPT:
                known.clear()
            known[key] = url
    return url


def _asked(query: str, settings: Mapping[str, Any]) -> _Asked | None:
    """What is asked for; None when it is rare or malformed."""
    if len(query) > _LONGEST:
        return None
    return _read_query(query, settings.get("paginate_by"), settings.get("storage_max_fetch_size"))


@lru_cache(maxsize=256)
def _read_query(query: str, paginate_by: Any, max_fetch_size: Any) -> _Asked | None:
    """As `_asked`. To be looked at only: the same is given for the same query string.

    A timestamp that is too far in the future is refused, hence None; for how long, the long way
    finds out. What is accepted stays so.
    """
    values, rest = _parameters(query)
    if values is None:
        return None
    try:
        filters = querystring.extract_filters(values, known_field=_any, now=clock.now_ms())
        sorting = querystring.extract_sorting(values.get("_sort", ()), known_field=_any)
    except Problem:
        return None
    limit = querystring.effective_limit(
        values.get("_limit"),
        paginate_by=int(paginate_by) if paginate_by else None,
        max_fetch_size=int(max_fetch_size or 10000),
    )
    tombstones = querystring.shows_tombstones(filters)
    return _Asked(filters, sorting, limit, _bound(filters), tombstones, rest)


def _parameters(query: str) -> tuple[Mapping[str, Any] | None, str]:
    """The values of a query string, None when it is rare or malformed; and its rest."""
    if not query:
        return {}, ""
    if not query.isascii():
        return None, ""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True, errors="strict")
    except ValueError:  # UnicodeDecodeError is one
        return None, ""
    raw = dict(pairs)
    if len(raw) != len(pairs) or not _RARE.isdisjoint(raw):
        return None, ""
    values, problems = querystring.read_parameters(raw)
    return None if problems else values, paging.without_page(pairs)


def _bound(filters: list[Filter]) -> int | None:
    """The timestamp that all which is wanted is newer than."""
    bounds = [
        item.value
        for item in filters
        if item.field == DEFAULT_MODIFIED_FIELD
        and item.operator is COMPARISON.GT
        and type(item.value) is int
    ]
    return max(bounds, default=None)


def _any(field: str) -> bool:
    return True
