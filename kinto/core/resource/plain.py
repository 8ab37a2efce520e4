"""Reading one object with as little as possible: the answer of `reading.get`, where nothing
else has a say in it.

Most requests are of this kind. Only a success (or a 304) is answered here, and only after the
security policy has let the request through. Whatever is unusual is left to `Resource.get`: a
query string, another origin, an anonymous caller, subscribers to reads, anything that is missing
or malformed. So refusals are decided in one place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from kinto.core.authorization.narrowing import narrowing_of
from kinto.core.authorization.principals import known_permissions
from kinto.core.events.dispatch import has_readers
from kinto.core.http import conditional
from kinto.core.http.rendering import render_response
from kinto.core.runtime import json

ObjectKey = tuple[str, str, str]

_NOBODY: frozenset[str] = frozenset()
_ETAG = re.compile(r'"([0-9]{1,18})"')
UNUSUAL = frozenset(("HTTP_IF_MATCH", "HTTP_ORIGIN", "CONTENT_LENGTH"))
"""What makes a read unusual, when it is in the environ."""


def shortcut_of(resource_cls: Any) -> Callable[[Any], Any] | None:
    """The function that may answer to GET of an object of this class.

    None unless the class itself says `plain_reads = True`: what it overrides of `Resource` then
    changes nothing of a successful read by an authenticated caller, whose only conditions are
    that the object and all its `ancestor_keys` exist. Subclasses have to say it again.
    """
    return partial(read, resource_cls) if vars(resource_cls).get("plain_reads") else None


def read(resource_cls: Any, request: Any) -> Any:
    """The response, or None where `Resource.get` has to answer."""
    context = request.context
    keys = getattr(context, "expected_objects", None)
    if not UNUSUAL.isdisjoint(request.environ) or not keys or has_readers(request.registry):
        return None
    if request.prefixed_userid is None or narrowing_of(request) is not None:
        return None  # Which permissions are shown is decided in one place.
    return answer(request, context.resource_name, keys, context.object_uri)


def answer(request: Any, resource_name: str, keys: Sequence[ObjectKey], object_uri: str) -> Any:
    """The response to a caller who may read an object, or None; for the arguments see `find`."""
    environ = request.environ
    etag = known_etag(environ)
    if etag == 0 or environ.get("QUERY_STRING"):
        return None
    found = find(request, resource_name, keys, object_uri)
    if found is None:
        return None
    if etag == found.timestamp:
        return conditional.not_modified_response(found.timestamp)
    return render_response(request, found.body, headers_of(found.timestamp))


class Found(NamedTuple):
    """An object that may be read: the body of the answer, its data as text, and its timestamp."""

    body: dict[str, Any]
    timestamp: int


def find(
    caller: Any, resource_name: str, keys: Sequence[ObjectKey], object_uri: str
) -> Found | None:
    """An object for a caller who may read it, or None where `Resource.get` has to answer.

    Args:
        caller: a request, or what stands for requests of the same user; not narrowed.
        resource_name: the name that its viewset gives to the resource.
        keys: of what stands above the object, its own last.
    """
    registry = caller.registry
    generators = registry.id_generators
    generator = generators.get(resource_name) or generators[""]
    if not generator.match(keys[-1][2]):
        return None
    found = registry.storage.get_json(keys)
    if found is None:
        return None
    permissions = known_permissions(caller).of(object_uri)
    writers = permissions.get("write", _NOBODY)
    shown = {}
    if caller.prefixed_userid in writers or not writers.isdisjoint(caller.prefixed_principals):
        shown = {name: list(principals) for name, principals in permissions.items()}
    return Found({"permissions": shown, "data": json.Fragment(found.text)}, found.timestamp)


def headers_of(timestamp: int) -> dict[str, str]:
    """The headers of an answer to an authenticated caller, apart from those of its body."""
    headers = conditional.validators(timestamp)
    headers["Cache-Control"] = "no-cache, no-store"
    return headers


def known_etag(environ: Mapping[str, Any]) -> int | None:
    """The timestamp in `If-None-Match`; None without the header, 0 when it is of another form."""
    header = environ.get("HTTP_IF_NONE_MATCH")
    if header is None:
        return None
    match = _ETAG.fullmatch(header)
    return 0 if match is None else int(match[1])
