"""The requests of a batch: read, defaults merged in, paths decoded, nesting and excess refused.

What exactly is wrong with a malformed body is for the schema of the view; how a request is run is
for `kinto.core.http.subrequests`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, unquote

from kinto.core.protocol.failures import Problem
from kinto.core.protocol.limits import LIMITS, Limits
from kinto.core.protocol.mappings import dict_merge

METHODS = ("GET", "HEAD", "DELETE", "TRACE", "POST", "PUT", "PATCH")

_MERGED = frozenset(("headers", "body"))
_PARTS = frozenset(("defaults", "requests"))
# What no HTTP header may hold; a server would have refused it before it came here.
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_BATCH = "/batch"
_MOST_DECODINGS = 5
_KEPT_IN_PATHS = "/%:@!$&'()*+,;=~-._"
_KEPT_IN_QUERIES = _KEPT_IN_PATHS + "?"


def well_formed(payload: Any) -> list[dict[str, Any]] | None:
    """Return the completed requests of the body of a batch; None where the schema has to judge.

    That is for everything that is refused, and for some bodies of an unusual form that are not.
    """
    if not isinstance(payload, dict) or not payload.keys() <= _PARTS:
        return None
    requests, defaults = payload.get("requests"), payload.get("defaults", {})
    if not isinstance(requests, list) or not isinstance(defaults, dict):
        return None
    if not _is_well_formed(defaults):
        return None
    completed = []
    for request in requests:
        if not isinstance(request, dict):
            return None
        merged = merge_defaults(request, defaults) if defaults else request
        if "path" not in merged or not _is_well_formed(merged):
            return None
        completed.append(merged)
    return completed


def _is_well_formed(request: Mapping[str, Any]) -> bool:
    """Whether the members that a request has, or that are defaults, are what they have to be."""
    for name, value in request.items():
        if name == "path":
            is_good = type(value) is str and value[:1] == "/"
        elif name == "method":
            is_good = value in METHODS
        elif name == "body":
            is_good = type(value) is dict
        elif name == "headers":
            is_good = type(value) is dict and _are_well_formed(value)
        else:
            is_good = False
        if not is_good:
            return False
    return True


def _are_well_formed(headers: Mapping[str, Any]) -> bool:
    are_texts = all(isinstance(value, str) for value in headers.values())
    return are_texts and not has_control_character(headers)


def has_control_character(headers: Mapping[str, str]) -> bool:
    """Whether a name or a value holds what would end a line of HTTP, or is no text."""
    return any(_CONTROL.search(name + value) for name, value in headers.items())


def merge_defaults(
    request: Mapping[str, Any], defaults: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return a request completed with the defaults of its batch, which never overwrite.

    Missing members are taken over; `body` and `headers` are merged recursively. The names of
    headers are compared as HTTP does, without case.
    """
    others = defaults or {}
    merged = {**others, **request}
    if _MERGED.isdisjoint(others) or _MERGED.isdisjoint(request):
        return merged
    for name, value in request.items():
        if isinstance(value, Mapping) and isinstance(others.get(name), Mapping):
            merged[name] = dict_merge(value, others[name])
    own = request.get("headers")
    if isinstance(own, Mapping) and isinstance(merged.get("headers"), Mapping):
        names = {str(name).lower() for name in own}
        merged["headers"] = {
            name: value
            for name, value in merged["headers"].items()
            if name in own or str(name).lower() not in names
        }
    return merged


def expand(
    requests: Sequence[Mapping[str, Any]],
    defaults: Mapping[str, Any] | None = None,
    *,
    maximum: int | None = None,
    limits: Limits = LIMITS,
) -> list[dict[str, Any]]:
    """Return the completed requests of a batch.

    Args:
        maximum: the setting `batch_max_requests`; None or 0 leaves the protocol's own cap.
    Raises:
        Problem: there are too many, or one calls a batch again.
    """
    check_count(len(requests), maximum=maximum, limits=limits)
    merged = [merge_defaults(request, defaults) for request in requests]
    check_paths([str(request.get("path", "")) for request in merged], limits=limits)
    return merged


def check_count(count: int, *, maximum: int | None, limits: Limits = LIMITS) -> None:
    """Raise a Problem if a batch holds too many requests."""
    allowed = min(maximum or limits.batch_requests, limits.batch_requests)
    if count > allowed:
        raise Problem("body", "requests", f"Number of requests is limited to {allowed}")


def check_paths(paths: Sequence[str], *, limits: Limits = LIMITS) -> None:
    """Raise a Problem if a request of a batch is a batch itself, or its path is too long."""
    for index, path in enumerate(paths):
        if len(path) > limits.batch_path_length:
            text = f"Length of path is limited to {limits.batch_path_length}"
            raise Problem("body", f"requests.{index}.path", text)
        if is_nested(path):
            text = "Recursive call on /batch endpoint is forbidden."
            raise Problem("body", "requests", text)


def is_nested(path: str) -> bool:
    """Tell whether a path leads, or might lead, to the batch endpoint.

    The path is looked at as written and after each percent-decoding: a router decodes, and a
    redirect may decode again. What still changes after several is refused unread.
    """
    for _ in range(_MOST_DECODINGS):
        if _BATCH in path:
            return True
        decoded = unquote(path, errors="replace")
        if decoded == path:
            return False
        path = decoded
    return True


def split_path(path: str) -> tuple[str, str]:
    """Return the path and the query string of a request of a batch, in ASCII.

    Characters that a URL cannot hold (non-ASCII, spaces, controls) are percent-encoded as
    UTF-8; what is encoded already stays as it is. A fragment is no part of a request.
    """
    target, _, _ = path.partition("#")
    path, _, query = target.partition("?")
    return (
        quote(path, safe=_KEPT_IN_PATHS, errors="replace"),
        quote(query, safe=_KEPT_IN_QUERIES, errors="replace"),
    )


def add_prefix(path: str, *, prefix: str) -> str:
    """Return a path with the version prefix (`/v1`), unless it starts with that text."""
    return path if path.startswith(prefix) else prefix + path
