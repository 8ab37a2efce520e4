"""Request headers that resource endpoints understand, as colander schemas."""

from __future__ import annotations

import colander

from kinto.core.schema import HeaderField, HeaderQuotedInteger


class HeaderSchema(colander.MappingSchema):
    """Preconditions (RFC 9110, section 13): a quoted timestamp or `*`."""

    missing = colander.drop

    if_match = HeaderQuotedInteger(name="If-Match")
    if_none_match = HeaderQuotedInteger(name="If-None-Match")

    @staticmethod
    def schema_type() -> colander.Mapping:
        return colander.Mapping(unknown="ignore")


class PatchHeaderSchema(HeaderSchema):
    """Preconditions, and how much of the object a PATCH answers with."""

    @staticmethod
    def response_behavior_validator() -> colander.OneOf:
        return colander.OneOf(["full", "light", "diff"])

    response_behaviour = HeaderField(
        colander.String(), name="Response-Behavior", validator=response_behavior_validator()
    )
