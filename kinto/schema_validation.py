"""Face: JSON schema validation, for plugins. The rooms are in `kinto.core.validation`."""

from kinto.core.validation.cascade import JSONSchemaMapping, validate_from_bucket_schema_or_400
from kinto.core.validation.jsonschema import (
    RefResolutionError,
    SchemaError,
    ValidationError,
    check_schema,
    validate,
    validate_schema,
)

__all__ = [
    "JSONSchemaMapping",
    "RefResolutionError",
    "SchemaError",
    "ValidationError",
    "check_schema",
    "validate",
    "validate_from_bucket_schema_or_400",
    "validate_schema",
]
