"""What resource endpoints answer, for the OpenAPI description."""

from __future__ import annotations

from typing import Any

import colander

from kinto.core.http.failures import ErrorSchema
from kinto.core.resource.schema.requests import _bound
from kinto.core.schema import Any as AnyType


class ResponseHeaderSchema(colander.MappingSchema):
    """Validators of a resource answer (RFC 9110, section 8.8)."""

    etag = colander.SchemaNode(colander.String(), name="Etag")
    last_modified = colander.SchemaNode(colander.String(), name="Last-Modified")


class ErrorResponseSchema(colander.MappingSchema):
    """The error envelope."""

    body = ErrorSchema()


class NotModifiedResponseSchema(colander.MappingSchema):
    """304: headers only."""

    header = ResponseHeaderSchema()


class ObjectResponseSchema(colander.MappingSchema):
    """One object in its envelope."""

    header = ResponseHeaderSchema()
    body = _bound("object")


class PluralResponseSchema(colander.MappingSchema):
    """A list of objects."""

    header = ResponseHeaderSchema()

    @colander.deferred
    def body(node: Any, kwargs: dict[str, Any]) -> Any:
        resource = kwargs.get("object")
        data = None if resource is None else resource.get("data")
        item = data.clone() if data is not None else colander.SchemaNode(AnyType())
        item.name = "object"
        envelope = colander.MappingSchema(title="datalist")
        envelope["data"] = colander.SequenceSchema(item, missing=[])
        return envelope


class ResourceResponses:
    """Schemas of the answers by status; attributes may be replaced in a subclass."""

    default_schemas: dict[str, Any] = {
        "400": ErrorResponseSchema(description="The request is invalid."),
        "401": ErrorResponseSchema(description="The request is missing authentication headers."),
        "403": ErrorResponseSchema(
            description="The user is not allowed to perform the operation, "
            "or the resource is not accessible."
        ),
        "406": ErrorResponseSchema(
            description="The client doesn't accept supported responses Content-Type."
        ),
        "412": ErrorResponseSchema(
            description="Object was changed or deleted since value in `If-Match` header."
        ),
        "default": ErrorResponseSchema(description="Unexpected error."),
    }
    default_object_schemas: dict[str, Any] = {
        "200": ObjectResponseSchema(description="Return the target object.")
    }
    default_plural_schemas: dict[str, Any] = {
        "200": PluralResponseSchema(description="Return a list of matching objects.")
    }
    default_get_schemas: dict[str, Any] = {
        "304": NotModifiedResponseSchema(
            description="Response has not changed since value in If-None-Match header"
        )
    }
    default_post_schemas: dict[str, Any] = {
        "200": ObjectResponseSchema(description="Return an existing object."),
        "201": ObjectResponseSchema(description="Return a created object."),
        "415": ErrorResponseSchema(
            description="The client request was not sent with a correct Content-Type."
        ),
    }
    default_put_schemas: dict[str, Any] = {
        "201": ObjectResponseSchema(description="Return created object."),
        "415": ErrorResponseSchema(
            description="The client request was not sent with a correct Content-Type."
        ),
    }
    default_patch_schemas: dict[str, Any] = {
        "415": ErrorResponseSchema(
            description="The client request was not sent with a correct Content-Type."
        )
    }
    default_delete_schemas: dict[str, Any] = {}
    object_get_schemas: dict[str, Any] = {
        "404": ErrorResponseSchema(description="The object does not exist or was deleted.")
    }
    object_patch_schemas: dict[str, Any] = {
        "404": ErrorResponseSchema(description="The object does not exist or was deleted.")
    }
    object_delete_schemas: dict[str, Any] = {
        "404": ErrorResponseSchema(description="The object does not exist or was deleted.")
    }

    def get_and_bind(self, endpoint_type: str, method: str, **kwargs: Any) -> dict[str, Any]:
        """Schemas by status for one verb of one kind of endpoint, bound to `kwargs`.

        Args:
            endpoint_type: "object" or "plural".
            method: HTTP method, any case.
            **kwargs: passed to `bind`; `object=` is the schema of the resource's envelope.
        """
        verb = method.lower()
        schemas: dict[str, Any] = {}
        for name in (
            "default_schemas",
            f"default_{endpoint_type}_schemas",
            f"default_{verb}_schemas",
            f"{endpoint_type}_{verb}_schemas",
        ):
            schemas.update(getattr(self, name, {}))
        return {status: schema.bind(**kwargs) for status, schema in schemas.items()}
