"""Pages of a list: where the next one starts, as a signed token in `Next-Page`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote_plus, urlencode

from kinto.core.http.failures import raise_invalid
from kinto.core.protocol import continuation
from kinto.core.protocol.failures import Problem
from kinto.core.protocol.terms import Filter, KintoObject, Sort
from kinto.core.resource.intent import refuse
from kinto.core.runtime import clock, randomness
from kinto.core.runtime.secrets import derive_key
from kinto.core.transactions.retrying import runs_of

# Namespace of the cache entries that make the tokens of a paged DELETE single-use.
_NONCE_KEY = "page-token:{}"

_OF_PAGE = ("_limit", "_token")

_PLAIN_URL = re.compile(r"[\w.:/\[\]-]+", re.ASCII)

# A reader may take its time between two pages, but no token is good for ever. A day, and as long as
# the same token may be given again (see `plain_lists`).
_SECONDS_TO_READ = 24 * 3600 + 60


def rules_from_token(resource: Any, sorting: list[Sort]) -> list[list[Filter]] | None:
    """Rules that select what follows the page the token was made for; None without token.

    Raises:
        HTTPBadRequest: the token is not one of ours for this user and this list, or is spent.
    """
    text = resource.request.validated.get("querystring", {}).get("_token")
    if not text:
        return None
    order = continuation.total_order(sorting, unique_fields=_unique_fields(resource))
    try:
        found = continuation.decode_token(
            text,
            key=_key(resource.request.registry),
            scope=_scope(resource.request, resource._extract_filters(), order),
            now=clock.now_ms(),
        )
    except Problem as problem:
        refuse(resource, problem)
    if found.nonce is not None:
        _spend(resource, found.nonce)
    return continuation.rules_after(order, found.position)


def rules_after(resource: Any, sorting: list[Sort], last_object: KintoObject) -> list[list[Filter]]:
    """Rules that select what follows an object in this order."""
    order = continuation.total_order(sorting, unique_fields=_unique_fields(resource))
    return continuation.rules_after(order, continuation.position_of(last_object, order))


def token(resource: Any, sorting: list[Sort], last_object: KintoObject) -> str:
    """Token of the page that follows an object: for a day; for DELETE once, and not for long."""
    return _token(
        resource.request,
        filters=resource._extract_filters(),
        order=continuation.total_order(sorting, unique_fields=_unique_fields(resource)),
        last_object=last_object,
    )


def url_after(
    request: Any,
    last_object: KintoObject,
    *,
    filters: list[Filter],
    sorting: list[Sort],
    limit: int,
    rest: str,
) -> str:
    """As `next_page_url`, for a list of objects with the usual fields.

    Args:
        rest: of the query string, as `without_page` gives it.
    """
    order = continuation.total_order(sorting)
    text = _token(request, filters=filters, order=order, last_object=last_object)
    return _page_url(request, limit, text, rest=rest)


def without_page(pairs: Iterable[tuple[str, str]]) -> str:
    """The query string of these parameters, but for size and token of the page, ending with `&`
    unless it is empty."""
    text = urlencode([pair for pair in pairs if pair[0] not in _OF_PAGE])
    return f"{text}&" if text else ""


def _token(
    request: Any, *, filters: list[Filter], order: list[Sort], last_object: KintoObject
) -> str:
    nonce = None
    seconds = _SECONDS_TO_READ
    if request.method.upper() == "DELETE":
        seconds = _validity(request.registry)
        nonce = randomness.random_hex(16)
        if (cache := getattr(request.registry, "cache", None)) is not None:
            cache.set(_NONCE_KEY.format(nonce), "1", ttl=seconds)
    return continuation.encode_token(
        continuation.position_of(last_object, order),
        key=_key(request.registry),
        scope=_scope(request, filters, order),
        nonce=nonce,
        expires_at=clock.now_ms() + seconds * 1000,
    )


def next_page_url(resource: Any, sorting: list[Sort], limit: int, last_object: KintoObject) -> str:
    """Absolute URL of the next page: the same query, with its size and token."""
    text = resource._build_pagination_token(sorting, last_object)
    request = resource.request
    return _page_url(request, limit, text, rest=without_page(request.GET.items()))


def _page_url(request: Any, limit: int, text: str, *, rest: str) -> str:
    # The path of an object that is there needs no quotes; an alias is shown as what it means.
    url: str = f"{request.application_url}{request.environ['PATH_INFO']}"
    if "sent_path" in vars(request) or _PLAIN_URL.fullmatch(url) is None:
        url = request.route_url(request.current_service.name, **request.matchdict)
    return f"{url}?{rest}_limit={limit}&_token={quote_plus(text)}"


def _scope(request: Any, filters: list[Filter], order: list[Sort]) -> continuation.Scope:
    return continuation.Scope(
        user=request.prefixed_userid or "",
        purpose="delete" if request.method.upper() == "DELETE" else "get",
        path=request.path_info,
        filters=filters,
        sorting=order,
    )


def _spend(resource: Any, nonce: str) -> None:
    runs = runs_of(resource.request)
    if runs.spent.get(nonce, runs.number) < runs.number:
        runs.spent[nonce] = runs.number
        return  # Spent by a run of this request of which nothing is left.
    cache = getattr(resource.request.registry, "cache", None)
    if cache is not None and cache.delete(_NONCE_KEY.format(nonce)) is None:
        raise_invalid(resource.request, location="querystring", description=continuation.EXPIRED)
    runs.spent[nonce] = runs.number


def _validity(registry: Any) -> int:
    return int(registry.settings.get("pagination_token_validity_seconds") or 600)


def _key(registry: Any) -> bytes:
    """Secret of the tokens, the same in all processes that share `userid_hmac_secret`."""
    secret = registry.settings.get("userid_hmac_secret")
    if not secret:
        # Only where nothing outlives the process: start-up refuses it elsewhere.
        secret = registry.__dict__.setdefault("_page_token_secret", randomness.random_hex(32))
    return derive_key(str(secret), purpose="page-token")


def _unique_fields(resource: Any) -> tuple[str, ...]:
    model = resource.model
    return getattr(model, "unique_fields", (model.modified_field, model.id_field))
