"""POST /batch: several requests as one unit of work.

A sub-request refused with a 4xx leaves no trace of itself and the others stand. Any other failure
undoes the whole unit, and the whole answer says so.
"""

from __future__ import annotations

from typing import Any

import colander
from pyramid.security import NO_PERMISSION_REQUIRED

from kinto.core.cornice.validation import colander_validator
from kinto.core.http.failures import raise_invalid
from kinto.core.protocol import envelopes
from kinto.core.protocol.failures import Problem
from kinto.core.service import Service
from kinto.core.views.batch_items import Items, subrequest_logger
from kinto.core.views.batch_schema import (
    BatchPayloadSchema,
    BatchRequestSchema,
    BatchResponseSchema,
    ErrorResponseSchema,
)

__all__ = ["BatchPayloadSchema", "BatchRequestSchema", "batch", "post_batch", "subrequest_logger"]

batch = Service(name="batch", path="/batch", description="Batch operations")


class BatchRequest(colander.MappingSchema):
    body = BatchPayloadSchema()


def read_body(request: Any, **kwargs: Any) -> None:
    """Refuse too many requests before their defaults multiply them, and take the body over if it
    is well-formed."""
    try:
        payload = request.json if request.body else None
    except ValueError:
        return  # The schema says what is wrong with it.
    requests = payload.get("requests") if isinstance(payload, dict) else None
    try:
        if isinstance(requests, list):
            maximum = request.registry.settings.get("batch_max_requests")
            envelopes.check_count(len(requests), maximum=int(maximum or 0))
    except Problem as problem:
        raise_invalid(request, problem.location, problem.name, problem.description)
    completed = envelopes.well_formed(payload)
    if completed is not None:
        request.validated["body"] = {"requests": completed}


def check_body(request: Any, **kwargs: Any) -> None:
    """Have the schema refuse what is not well-formed."""
    if "body" not in request.validated:
        colander_validator(request, **kwargs)


def check_paths(request: Any, **kwargs: Any) -> None:
    """Refuse a batch in the batch."""
    body = request.validated.get("body")
    if request.errors or body is None:
        return
    try:
        envelopes.check_paths([item["path"] for item in body["requests"]])
    except Problem as problem:
        request.errors.add(problem.location, problem.name, problem.description)


@batch.post(
    schema=BatchRequest(),
    validators=(read_body, check_body, check_paths),
    content_type=["application/json"],
    permission=NO_PERMISSION_REQUIRED,
    tags=["Batch"],
    operation_id="batch",
    response_schemas={
        "200": BatchResponseSchema(description="Return a list of operation responses."),
        "400": ErrorResponseSchema(description="The request was badly formatted."),
        "default": ErrorResponseSchema(description="an unknown error occurred."),
    },
)
def post_batch(request: Any) -> dict[str, Any]:
    """Carry out the requests in order."""
    specifications = request.validated["body"]["requests"]
    request.log_context(batch_size=len(specifications))
    return {"responses": Items(request, specifications).answers()}
