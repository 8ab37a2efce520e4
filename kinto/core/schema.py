"""Colander nodes shared by resources and extensions: timestamps, URLs, headers, query parameters.

The class of values only; which fields a resource has is said by `kinto.core.resource.schema`.
"""

from __future__ import annotations

import typing

import colander

from kinto.core.protocol.mappings import strip_whitespace
from kinto.core.protocol.querystring import native_value
from kinto.core.runtime.clock import msec_time

__all__ = [
    "Any",
    "FieldList",
    "HeaderField",
    "HeaderQuotedInteger",
    "QueryField",
    "TimeStamp",
    "URL",
    "msec_time",
]


class _WholeMatch(colander.Regex):  # type: ignore[misc]
    """A pattern that must match the whole text: a trailing line feed is refused, not cut."""

    def __call__(self, node: typing.Any, value: str) -> None:
        if self.match_object.fullmatch(value) is None:
            raise colander.Invalid(node, self.msg)


class TimeStamp(colander.SchemaNode):
    """Whole milliseconds since the epoch; the present when absent and `auto_now` is set."""

    schema_type = colander.Integer
    title = "Epoch timestamp"
    auto_now = True
    missing = None

    def deserialize(self, cstruct: typing.Any = colander.null) -> typing.Any:
        if cstruct is colander.null and self.auto_now:
            cstruct = msec_time()
        return super().deserialize(cstruct)


class URL(colander.SchemaNode):
    """A valid URL of 1 to 2048 characters; surrounding white space is removed."""

    schema_type = colander.String
    validator = colander.All(colander.url, colander.Length(min=1, max=2048))

    def preparer(self, appstruct: typing.Any) -> typing.Any:
        return strip_whitespace(appstruct)


class Any(colander.SchemaType):
    """Any JSON value, unchanged."""

    def deserialize(self, node: typing.Any, cstruct: typing.Any) -> typing.Any:
        return cstruct

    def serialize(self, node: typing.Any, appstruct: typing.Any) -> typing.Any:
        return appstruct


class HeaderField(colander.SchemaNode):
    """One request header, dropped when missing.

    Raises `colander.Invalid` for bytes that are not UTF-8.
    """

    missing = colander.drop

    def deserialize(self, cstruct: typing.Any = colander.null) -> typing.Any:
        if isinstance(cstruct, bytes):
            try:
                cstruct = cstruct.decode("utf-8")
            except UnicodeDecodeError:
                raise colander.Invalid(self, msg="Headers should be UTF-8 encoded") from None
        return super().deserialize(cstruct)


class QueryField(colander.SchemaNode):
    """One query parameter, dropped when missing, read as JSON when it is JSON."""

    missing = colander.drop

    def deserialize(self, cstruct: typing.Any = colander.null) -> typing.Any:
        if isinstance(cstruct, str):
            cstruct = native_value(cstruct)
        return super().deserialize(cstruct)


class FieldList(QueryField):
    """Names separated by commas, as a list."""

    schema_type = colander.Sequence
    error_message = "The value should be a list of comma separated names"
    missing = colander.drop

    fields = colander.SchemaNode(colander.String(), missing=colander.drop)

    def deserialize(self, cstruct: typing.Any = colander.null) -> typing.Any:
        if isinstance(cstruct, str):
            cstruct = cstruct.split(",")
        return super().deserialize(cstruct)


class HeaderQuotedInteger(HeaderField):
    """`"123"` gives 123 and `*` stays; an empty header is a missing one."""

    schema_type = colander.String
    error_message = "The value should be integer between double quotes."
    validator = _WholeMatch(r'^"([0-9]+?)"$|\*', msg=error_message)

    def deserialize(self, cstruct: typing.Any = colander.null) -> typing.Any:
        text = super().deserialize(cstruct)
        if text is colander.drop or text is None or text == "*":
            return text
        digits = text[1:-1]
        # More digits than any timestamp: valid, and equal to none of them.
        return int(digits) if len(digits) <= 30 else 10**30
