"""Whose JSON schema applies to what is written: the collection's, the bucket's, or none."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import colander
from pyramid.settings import asbool

from kinto.core.http.failures import raise_invalid
from kinto.core.http.parents import shared_parent
from kinto.core.runtime import clock
from kinto.core.validation.budget import VALIDATION_SECONDS, limited_work
from kinto.core.validation.jsonschema import (
    RefResolutionError,
    ValidationError,
    check_schema,
    quick_look,
    validate_schema,
)

REQUEST_SECONDS = 5.0
"""Processor time that the validations of one request, or of a whole batch, may take."""
SECONDS_LEFT = "validation_seconds_left"
"""Key in `request.bound_data`."""


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
    rules = {"schema": schema, "id_field": id_field, "ignore_fields": ignore_fields}
    if (violation := _violation(request, data, rules)) is not None:
        name, description = violation
        raise_invalid(request, name=name, description=description)


def compliance(
    request: Any, schema: Any, *, id_field: str, ignore_fields: Collection[str]
) -> Callable[[Mapping[str, Any]], bool] | None:
    """What tells whether `validate_or_400` has nothing against some data, made once for many.

    None where `schema` is no schema.
    """
    if not isinstance(schema, Mapping):
        return None
    surely_complies = quick_look(schema, id_field, ignore_fields)
    rules = {"schema": schema, "id_field": id_field, "ignore_fields": ignore_fields}
    return lambda data: surely_complies(data) or _violation(request, data, rules) is None


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


def _violation(
    request: Any, data: Mapping[str, Any], rules: Mapping[str, Any]
) -> tuple[Any, str] | None:
    """What `validate_schema` has against some data: the field at fault, and why."""
    try:
        with _within_request(request):
            validate_schema(data, **rules)
    except ValidationError as error:
        return error.field, error.message
    except RefResolutionError as error:
        return "schema", str(error)[:4096]
    return None


@contextmanager
def _within_request(request: Any) -> Iterator[None]:
    """Take the time of one validation from what the request, or its batch, has left."""
    left = request.bound_data.get(SECONDS_LEFT)
    left = left if isinstance(left, float) else REQUEST_SECONDS
    started = clock.thread_seconds()
    try:
        with limited_work(min(left, VALIDATION_SECONDS)):
            yield
    finally:
        request.bound_data[SECONDS_LEFT] = max(0.0, left - (clock.thread_seconds() - started))
