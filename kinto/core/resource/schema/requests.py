"""Whole requests: where the schemas of headers, querystring and body are bound together."""

from __future__ import annotations

from typing import Any

import colander

from kinto.core.resource.schema.headers import HeaderSchema
from kinto.core.resource.schema.patch import JsonPatchBodySchema
from kinto.core.resource.schema.querystring import QuerySchema


def _bound(name: str) -> colander.deferred:
    """A part that stays open until a call of `bind` gives it."""

    def value(node: Any, kwargs: dict[str, Any]) -> Any:
        given = kwargs.get(name)
        return getattr(type(node), name) if given is None else given

    return colander.deferred(value)


class RequestSchema(colander.MappingSchema):
    """A request without body; `header` and `querystring` may be given to `bind`."""

    header = _bound("header")
    querystring = _bound("querystring")

    def after_bind(self, node: Any, kw: dict[str, Any]) -> None:
        """Complete with the default headers and querystring."""
        names = {child.name for child in self.children}
        if "header" not in names:
            self["header"] = HeaderSchema()
        if "querystring" not in names:
            self["querystring"] = QuerySchema()


class PayloadRequestSchema(RequestSchema):
    """A request with the body given to `bind`."""

    body = _bound("body")


class JsonPatchRequestSchema(RequestSchema):
    """A request whose body is a JSON patch."""

    body = JsonPatchBodySchema()
