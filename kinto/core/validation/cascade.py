"""Whose JSON schema applies to what is written: the collection's, the bucket's, or none."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import colander
from pyramid.settings import asbool

from kinto.core.http.failures import raise_invalid
from kinto.core.http.parents import shared_parent
from kinto.core.validation.jsonschema import (
    RefResolutionError,
    ValidationError,
    check_schema,
    validate_schema,
)


class JSONSchemaMapping(colander.SchemaNode):
    """Node whose value is a JSON schema of draft 7, kept as given."""

    @staticmethod
    def schema_type(**kwargs: Any) -> colander.Mapping:
        return colander.Mapping(unknown="preserve")

    def deserialize(self, cstruct: Any = colander.null) -> Any:
        """Return the schema.

        Raises:
            colander.Invalid: no mapping, or no valid schema.
        """
        schema = super().deserialize(cstruct)
        if cstruct is colander.null or schema is colander.drop:
            return schema
        try:
            check_schema(schema)
        except ValidationError as error:
            self.raise_invalid(error.message)
        return schema


def validation_enabled(request: Any) -> bool:
    """Whether schemas are applied to content (setting, default false)."""
    settings = request.registry.settings
    return bool(asbool(settings.get("experimental_collection_schema_validation")))


def validate_or_400(
    request: Any,
    data: Mapping[str, Any],
    *,
    schema: Mapping[str, Any],
    id_field: str,
    ignore_fields: Collection[str],
) -> None:
    """Check `data` with `schema`.

    Raises:
        HTTPBadRequest: one error, whose name is the field at fault.
    """
    try:
        validate_schema(data, schema, id_field=id_field, ignore_fields=ignore_fields)
    except ValidationError as error:
        field = error.field
        raise_invalid(request, name=field, description=error.message)
    except RefResolutionError as error:
        raise_invalid(request, name="schema", description=str(error)[:4096])


def validate_from_bucket_schema_or_400(
    data: Mapping[str, Any],
    resource_name: str,
    request: Any,
    id_field: str,
    ignore_fields: Collection[str],
) -> None:
    """Check `data` with the attribute `<resource_name>:schema` of the bucket, if it has one.

    Nothing is checked unless validation is enabled. The bucket is the one in the URL.

    Raises:
        HTTPBadRequest: the data does not comply.
        HTTPNotFound: there is no such bucket.
    """
    if not validation_enabled(request):
        return
    bucket = shared_parent(request, "bucket", object_id=request.matchdict["bucket_id"])
    schema = bucket.get(f"{resource_name}:schema")
    if isinstance(schema, Mapping):
        validate_or_400(
            request, data, schema=schema, id_field=id_field, ignore_fields=ignore_fields
        )
