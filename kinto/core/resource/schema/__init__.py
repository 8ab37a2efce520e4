"""Schemas of resource endpoints."""

import warnings

from kinto.core.resource.deprecated import URL, TimeStamp
from kinto.core.resource.schema.envelope import ObjectSchema, PermissionsSchema, ResourceSchema
from kinto.core.resource.schema.headers import HeaderSchema, PatchHeaderSchema
from kinto.core.resource.schema.patch import JsonPatchBodySchema, JsonPatchOperationSchema
from kinto.core.resource.schema.querystring import (
    POSTGRESQL_MAX_INTEGER_VALUE,
    ObjectGetQuerySchema,
    PluralGetQuerySchema,
    PluralQuerySchema,
    QuerySchema,
    positive_big_integer,
)
from kinto.core.resource.schema.requests import (
    JsonPatchRequestSchema,
    PayloadRequestSchema,
    RequestSchema,
)
from kinto.core.resource.schema.responses import (
    ErrorResponseSchema,
    NotModifiedResponseSchema,
    ObjectResponseSchema,
    PluralResponseSchema,
    ResourceResponses,
    ResponseHeaderSchema,
)
from kinto.core.schema import Any, FieldList, HeaderField, HeaderQuotedInteger, QueryField

__all__ = [
    "POSTGRESQL_MAX_INTEGER_VALUE",
    "URL",
    "Any",
    "ErrorResponseSchema",
    "FieldList",
    "HeaderField",
    "HeaderQuotedInteger",
    "HeaderSchema",
    "JsonPatchBodySchema",
    "JsonPatchOperationSchema",
    "JsonPatchRequestSchema",
    "NotModifiedResponseSchema",
    "ObjectGetQuerySchema",
    "ObjectResponseSchema",
    "ObjectSchema",
    "PatchHeaderSchema",
    "PayloadRequestSchema",
    "PermissionsSchema",
    "PluralGetQuerySchema",
    "PluralQuerySchema",
    "PluralResponseSchema",
    "QueryField",
    "QuerySchema",
    "RequestSchema",
    "ResourceResponses",
    "ResourceSchema",
    "ResponseHeaderSchema",
    "TimeStamp",
    "positive_big_integer",
    "warnings",
]
