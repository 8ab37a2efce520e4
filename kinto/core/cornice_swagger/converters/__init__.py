"""Face: from colander schemas to those of OpenAPI."""

from cornice_swagger.converters import (
    ParameterConversionDispatcher,
    TypeConversionDispatcher,
    convert_parameter,
    convert_schema,
)

__all__ = [
    "ParameterConversionDispatcher",
    "TypeConversionDispatcher",
    "convert_parameter",
    "convert_schema",
]
