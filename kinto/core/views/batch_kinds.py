"""Kinds of requests that a batch may answer without making them, and the headers of the answers.

A kind is one method of one service of ours, whose view is as we made it.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

from kinto.core.authorization.context import DYNAMIC
from kinto.core.cornice.usual import BODY_TYPE, usual_definition
from kinto.core.http import cors
from kinto.core.resource import plain
from kinto.core.resource.plain_writes import PlainWrites
from kinto.core.runtime import json

# Headers of answers that those of the settings do not replace.
_OWN = frozenset(("content-type", "content-length", "etag", "last-modified"))


class Kind(NamedTuple):
    """What all requests of one method of one service have in common.

    Attributes:
        writes: how they write; None if they read one object.
        headers: of every answer, whatever it holds.
    """

    resource_cls: Any
    resource_name: str
    writes: PlainWrites | None
    headers: dict[str, str]

    def describe(
        self, path: str, status: int, body: Any, *, headers: dict[str, str]
    ) -> dict[str, Any]:
        """As `build_response` describes the response of a request.

        Args:
            headers: that the view would have set.
        """
        return self.describe_text(path, status, json.dumps_bytes(body), headers=headers)

    def describe_text(
        self, path: str, status: int, text: bytes, *, headers: dict[str, str]
    ) -> dict[str, Any]:
        """The same of a body that is JSON text already."""
        described = {**self.headers, **headers}
        described["Content-Type"] = BODY_TYPE
        described["Content-Length"] = str(len(text))
        return {"path": path, "status": status, "headers": described, "body": json.Fragment(text)}


def kind_of(registry: Any, route: Any, method: str) -> Kind | None:
    """The kind of the requests of a route and a method; None where they have to be made."""
    definition = usual_definition(registry, route, method)
    service = registry.cornice_services.get(route.pattern)
    resource_cls = getattr(service, "resource", None)
    if definition is None or resource_cls is None or definition.get("permission") != DYNAMIC:
        return None
    # A class says of itself that nothing it overrides counts where nothing is unusual.
    if not vars(route.factory).get("plain_writes"):
        return None
    shortcut = definition.get("shortcut")
    plain_writes = getattr(service, "plain_writes", None)
    writes = None
    if plain_writes is not None and shortcut == plain_writes.answer:
        writes = plain_writes.writes
    elif not _is_plain_read(shortcut, resource_cls):
        return None
    rules = registry.cors_rules.get(route.name)
    if rules is not None and rules.always:
        return None
    exposed = "" if rules is None else rules.methods.get(method, rules.without_method).exposed
    name = service.viewset.get_name(resource_cls)
    return Kind(resource_cls, name, writes, _headers(registry, exposed))


def _is_plain_read(shortcut: Any, resource_cls: Any) -> bool:
    if not isinstance(shortcut, partial) or shortcut.func is not plain.read:
        return False
    return shortcut.args == (resource_cls,) and not shortcut.keywords


def _headers(registry: Any, exposed: str) -> dict[str, str]:
    defaults: dict[str, str] = vars(registry).get("default_headers", {})
    headers = {name: text for name, text in defaults.items() if name.lower() not in _OWN}
    headers["X-Content-Type-Options"] = "nosniff"
    if exposed:
        headers[cors.EXPOSE_HEADERS] = exposed
    return headers
