"""`.../records/{id}/attachment`: one file for each record, by a form."""

from __future__ import annotations

from typing import Any

from kinto.core import Service
from kinto.core.authorization import DYNAMIC
from kinto.core.utils import json
from kinto.plugins.attachments import described, failures
from kinto.plugins.attachments.attaching import attach, check_target, detach, rules_of
from kinto.plugins.attachments.context import AttachmentContext
from kinto.plugins.attachments.intake import Intake
from kinto.plugins.attachments.multipart import (
    Form,
    FormTooLarge,
    InvalidForm,
    Part,
    boundary_of,
    read_form,
)
from kinto.plugins.attachments.names import MAIN

RECORD_PATH = "/buckets/{bucket_id}/collections/{collection_id}/records/{record_id}"
FILE_FIELD = "attachment"
FIELDS = ("data", "permissions")

attachment = Service(
    name="attachment",
    path=f"{RECORD_PATH}/attachment",
    description="The file of a record",
    factory=AttachmentContext,
)


@attachment.post(
    permission=DYNAMIC,
    schema=described.FormRequest(),
    tags=["Attachments"],
    operation_id="create_attachment",
    response_schemas=described.STORED,
)
def attachment_post(request: Any) -> dict[str, Any]:
    """Replace the file of a record, which is made when it is not there.

    Raises:
        HTTPBadRequest: the form, the file, or what the record would become, is refused.
    """
    context: AttachmentContext = request.context
    check_target(request, context)
    intakes: list[Intake] = []
    try:
        form = _read(request, context, intakes)
        fields = _fields(request, form, intakes)
        link = intakes[0].finish(request)
    finally:
        for intake in intakes:
            intake.drop()
    shown, answer = attach(request, MAIN, link, **fields)
    response = request.response
    response.status_code = 200 if answer.status_code == 200 else 201
    for header in ("ETag", "Last-Modified"):
        response.headers[header] = answer.headers[header]
    prefix = f"{request.application_url}/{request.registry.route_prefix}"
    response.headers["Location"] = prefix + context.record.uri
    return shown


@attachment.delete(
    permission=DYNAMIC,
    tags=["Attachments"],
    operation_id="delete_attachment",
    response_schemas=described.REMOVED,
)
def attachment_delete(request: Any) -> Any:
    """Remove the file; the record says `"attachment": null` then, also when it is made for it."""
    check_target(request, request.context)
    detach(request, MAIN)
    return no_content(request)


def no_content(request: Any) -> Any:
    """204, without body."""
    response = request.response
    response.status_code = 204
    response.headers.pop("Content-Type", None)
    return response


def _read(request: Any, context: AttachmentContext, intakes: list[Intake]) -> Form:
    boundary = boundary_of(request.headers.get("Content-Type", ""))
    if boundary is None:
        raise failures.bad_request("Content-Type should be multipart/form-data")
    if not boundary:
        raise failures.bad_request("Invalid boundary in multipart form: b''")
    rules = rules_of(request, context.record)

    def begin(part: Part) -> Any:
        intake = Intake(
            request.registry.attachments_store,
            rules,
            record=context.record,
            filename=part.filename or "",
            content_type=part.content_type,
        )
        intakes.append(intake)
        return intake.take

    try:
        return read_form(request.body_file, boundary, file_name=FILE_FIELD, begin=begin)
    except InvalidForm as error:
        raise failures.bad_request(str(error)) from error
    except FormTooLarge:
        raise failures.too_large() from None


def _fields(request: Any, form: Form, intakes: list[Intake]) -> dict[str, Any]:
    """The other fields, once everything is as it has to be.

    Raises:
        HTTPBadRequest: a part is missing, refused, unknown, or no JSON.
    """
    part = form.find(FILE_FIELD)
    if part is None:
        raise failures.bad_field("Attachment missing.")
    if not intakes:
        failures.raise_invalid(request, location="body", description="Filename is required.")
    intakes[0].check(request)
    fields: dict[str, Any] = {}
    for other in form.parts:
        if other.name == FILE_FIELD:
            continue
        if other.name not in FIELDS:
            raise failures.bad_field(f"body: {other.name!r} not in {FIELDS!r}")
        if other.filename is not None:
            text = f"body: {other.name!r} field should be passed as form data, not files"
            raise failures.bad_field(text)
        fields[other.name] = _json_object(other)
    return fields


def _json_object(part: Part) -> dict[str, Any]:
    try:
        value = json.loads(bytes(part.value))
    except ValueError as error:
        raise failures.bad_field(f"body: {part.name} is not valid JSON ({error})") from error
    if not isinstance(value, dict):
        raise failures.bad_field(f"body: {part.name} is not a JSON object")
    return value
