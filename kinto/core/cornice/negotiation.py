"""Content negotiation of services: 405, then 406, then 415, before credentials are looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from pyramid.exceptions import PredicateMismatch
from webob.acceptparse import create_accept_header

from kinto.core.http.failures import method_not_allowed


class AcceptPredicate:
    """Whether the answer may be of one of these types (functions of the request, or names)."""

    def __init__(self, val: Sequence[Any], config: Any) -> None:
        self.types = tuple(val)
        self.static = all(isinstance(name, str) for name in self.types)

    def phash(self) -> str:
        return f"acceptable_types = {self.types}"

    text = phash

    def __call__(self, context: Any, request: Any) -> bool:
        types = self.types
        if not self.static:
            types = request.info["acceptable"] = _resolve(types, request)
        return "HTTP_ACCEPT" not in request.environ or is_acceptable(request, types)


class BodyTypePredicate:
    """Whether the body has one of these media types, or says nothing about its type."""

    def __init__(self, val: Sequence[Any], config: Any) -> None:
        self.types = tuple(val)
        self.static = all(isinstance(name, str) for name in self.types)

    def phash(self) -> str:
        return f"body_types = {self.types}"

    text = phash

    def __call__(self, context: Any, request: Any) -> bool:
        types = self.types
        if not self.static:
            types = request.info["supported_contenttypes"] = _resolve(types, request)
        if request.environ.get("CONTENT_TYPE") in types:
            return True
        content_type = request.content_type
        return not content_type or content_type in types


def is_acceptable(request: Any, types: tuple[str, ...]) -> bool:
    """Whether the `Accept` header of a request lets one of the types through."""
    header = request.environ.get("HTTP_ACCEPT")
    if header is None or header == "*/*" or header in types:
        return True
    return _matches(header, types)


def fallback_view(service: Any, *, allowed: Sequence[str]) -> Callable[[Any, Any], Any]:
    """The view for what no definition of the service matches; it says why."""
    allow = ", ".join(allowed)

    def explain(context: Any, request: Any) -> Any:
        if request.method not in service.defined_methods:
            raise method_not_allowed(allow)
        acceptable: list[str] = []
        body_types: list[str] = []
        for method, _, args in service.definitions:
            if method == request.method:
                acceptable.extend(_listed(args.get("accept")))
                body_types.extend(_listed(args.get("content_type")))
        acceptable.extend(request.info.get("acceptable", ()))
        body_types.extend(request.info.get("supported_contenttypes", ()))
        _refuse(service, request, acceptable, body_types)
        raise PredicateMismatch(service.name)

    return explain


def _refuse(
    service: Any, request: Any, acceptable: Sequence[str], body_types: Sequence[str]
) -> None:
    """Raise the 406 or the 415."""
    if acceptable and not is_acceptable(request, tuple(acceptable)):
        _raise_for(service, request, 406, "Accept", acceptable)
    if body_types and request.content_type and request.content_type not in body_types:
        _raise_for(service, request, 415, "Content-Type", body_types)


def _raise_for(service: Any, request: Any, status: int, header: str, types: Sequence[str]) -> None:
    names = list(dict.fromkeys(types))
    request.errors.add("header", header, f"{header} header should be one of {names}")
    request.errors.status = status
    raise service.error_handler(request)


def _resolve(types: Sequence[Any], request: Any) -> tuple[str, ...]:
    names: list[str] = []
    for item in types:
        names.extend(_listed(item(request) if callable(item) else item))
    return tuple(names)


def _listed(value: Any) -> list[str]:
    items = value if isinstance(value, (list, tuple)) else () if value is None else (value,)
    return [item for item in items if isinstance(item, str)]


@lru_cache(maxsize=256)
def _matches(header: str, types: tuple[str, ...]) -> bool:
    # Browsers and libraries send few different headers; parsing one costs more than the rest.
    if len(header) > 2000:
        return False
    return bool(create_accept_header(header).acceptable_offers(list(types)))
