"""The body and the answer of a batch, as schemas: for its description, and for its refusals.

What is well-formed never comes here: `protocol.envelopes` reads it.
"""

from __future__ import annotations

from typing import Any

import colander

from kinto.core.http.failures import ErrorSchema
from kinto.core.protocol import envelopes
from kinto.core.protocol.envelopes import METHODS


def _header_texts(node: Any, cstruct: Any) -> None:
    """Headers are texts on one line."""
    if any(not isinstance(value, str) for value in cstruct.values()):
        raise colander.Invalid(node, f"{cstruct} contains non string value")
    if envelopes.has_control_character(cstruct):
        raise colander.Invalid(node, f"{cstruct} contains a control character")


class BatchRequestSchema(colander.MappingSchema):
    """One request of a batch, or the defaults of all."""

    # A path may come from the defaults.
    openapi = {"required": None}

    method = colander.SchemaNode(
        colander.String(), validator=colander.OneOf(METHODS), missing=colander.drop
    )
    path = colander.SchemaNode(colander.String(), validator=colander.Regex("^/"))
    headers = colander.SchemaNode(
        colander.Mapping(unknown="preserve"),
        validator=_header_texts,
        missing=colander.drop,
        openapi={"additionalProperties": {"type": "string"}},
    )
    body = colander.SchemaNode(colander.Mapping(unknown="preserve"), missing=colander.drop)

    @staticmethod
    def schema_type() -> colander.Mapping:
        return colander.Mapping(unknown="raise")


class BatchDefaultsSchema(BatchRequestSchema):
    """Members that each request takes over; even the path is optional."""

    path = colander.SchemaNode(
        colander.String(), validator=colander.Regex("^/"), missing=colander.drop
    )


class BatchPayloadSchema(colander.MappingSchema):
    """The body: `requests`, and `defaults` merged into each of them before they are checked."""

    openapi = {
        "example": {
            "defaults": {"method": "PUT"},
            "requests": [{"path": "/buckets/my-bucket"}, {"path": "/", "method": "GET"}],
        }
    }

    defaults = BatchDefaultsSchema(missing=colander.drop)
    requests = colander.SchemaNode(colander.Sequence(), BatchRequestSchema())

    @staticmethod
    def schema_type() -> colander.Mapping:
        return colander.Mapping(unknown="raise")

    def deserialize(self, cstruct: Any = colander.null) -> Any:
        return super().deserialize(_with_defaults(cstruct))


def _with_defaults(cstruct: Any) -> Any:
    """The body with its requests completed, where its shape allows it."""
    if not isinstance(cstruct, dict):
        return cstruct
    defaults, requests = cstruct.get("defaults"), cstruct.get("requests")
    if not isinstance(defaults, dict) or not isinstance(requests, list):
        return cstruct
    merged = [
        envelopes.merge_defaults(item, defaults) if isinstance(item, dict) else item
        for item in requests
    ]
    return {**cstruct, "requests": merged}


class BatchRequest(colander.MappingSchema):
    body = BatchPayloadSchema()


class BatchResponseBodySchema(colander.MappingSchema):
    """One answer for each request, in order."""

    @colander.instantiate(missing=colander.drop)
    class responses(colander.SequenceSchema):
        response = colander.SchemaNode(colander.Mapping(unknown="preserve"))


class BatchResponseSchema(colander.MappingSchema):
    body = BatchResponseBodySchema()


class ErrorResponseSchema(colander.MappingSchema):
    body = ErrorSchema()
