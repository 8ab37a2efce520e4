"""From colander nodes to the JSON schemas of the document, as our nodes really behave.

cornice_swagger knows colander's own types; here is what it does not say: closed mappings, values
of any type, permissions, and which members may be null.
"""

from __future__ import annotations

from typing import Any

import colander
from cornice_swagger.converters import TypeConversionDispatcher
from cornice_swagger.converters.schema import (
    ArrayTypeConverter,
    ObjectTypeConverter,
    StringTypeConverter,
    TypeConverter,
)

from kinto.core.schema import Any as AnyType

PRINCIPALS = {
    "type": "array",
    "description": "Principals: user ids, groups, system.Everyone, system.Authenticated.",
    "example": ["system.Authenticated"],
    "items": {"type": "string", "minLength": 1},
}


class NodeConverter(TypeConversionDispatcher):  # type: ignore[misc]
    """Any node, also of a type derived from a known one.

    What its attribute `openapi` says comes last, and None there takes a key away.
    """

    def __call__(self, schema_node: Any) -> dict[str, Any]:
        known = (self.converters.get(kind) for kind in type(schema_node.typ).__mro__)
        converter = next((found for found in known if found), self.default_converter)
        converted: dict[str, Any] = converter(self)(schema_node)
        said = {**converted, **getattr(schema_node, "openapi", {})}
        return {name: value for name, value in said.items() if value is not None}


class AnyTypeConverter(TypeConverter):  # type: ignore[misc]
    """Any JSON value is the empty schema."""

    def __call__(self, schema_node: Any) -> dict[str, Any]:
        return {}


class MappingConverter(ObjectTypeConverter):  # type: ignore[misc]
    """Mappings that refuse unknown members are closed; those of permissions name them."""

    def convert_type(self, schema_node: Any) -> dict[str, Any]:
        if (known := getattr(schema_node, "known_perms", None)) is not None:
            return _permissions(known)
        converted: dict[str, Any] = super().convert_type(schema_node)
        if schema_node.typ.unknown == "raise":
            converted["additionalProperties"] = False
        return converted


class SequenceConverter(ArrayTypeConverter):  # type: ignore[misc]
    """Lists; an empty tuple as default is an empty list."""

    def convert_type(self, schema_node: Any) -> dict[str, Any]:
        converted: dict[str, Any] = super().convert_type(schema_node)
        if "default" in converted:
            converted["default"] = list(converted["default"])
        return converted


class TextConverter(StringTypeConverter):  # type: ignore[misc]
    """Texts; a default that is no text is none that the document can tell."""

    def convert_type(self, schema_node: Any) -> dict[str, Any]:
        converted: dict[str, Any] = super().convert_type(schema_node)
        if not isinstance(converted.get("default", ""), str):
            del converted["default"]
        return converted


class FallbackConverter(TypeConverter):  # type: ignore[misc]
    """A type of an extension that says nothing of itself may hold any value."""

    def __call__(self, schema_node: Any) -> dict[str, Any]:
        described = {"title": schema_node.title, "description": schema_node.description}
        return {name: text for name, text in described.items() if text}


CONVERTERS: dict[type, type] = {
    AnyType: AnyTypeConverter,
    colander.Mapping: MappingConverter,
    colander.Sequence: SequenceConverter,
    colander.String: TextConverter,
}


def _permissions(known: Any) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object", "title": "Permissions"}
    if not known:
        return {**schema, "additionalProperties": PRINCIPALS}
    # Null leaves a permission as it was.
    named = {name: {**PRINCIPALS, "x-nullable": True} for name in known}
    return {**schema, "properties": named, "additionalProperties": False}
