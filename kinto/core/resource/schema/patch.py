"""The body of a JSON patch (RFC 6902)."""

from __future__ import annotations

import colander

from kinto.core.schema import Any as AnyType

_POINTER = colander.Regex("^(/).+", msg=colander.Regex("").msg)


class JsonPatchOperationSchema(colander.MappingSchema):
    """One operation; whether `value` or `from` is needed is said when it is applied."""

    @staticmethod
    def schema_type() -> colander.Mapping:
        return colander.Mapping(unknown="raise")

    op = colander.SchemaNode(
        colander.String(),
        validator=colander.OneOf(["test", "add", "remove", "replace", "move", "copy"]),
    )
    path = colander.SchemaNode(colander.String(), validator=_POINTER)
    from_ = colander.SchemaNode(
        colander.String(), name="from", validator=_POINTER, missing=colander.drop
    )
    value = colander.SchemaNode(AnyType(), missing=colander.drop)


class JsonPatchBodySchema(colander.SequenceSchema):
    """The operations, in order."""

    operations = JsonPatchOperationSchema(missing=colander.drop)
