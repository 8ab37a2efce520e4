"""`.../records/{id}/attachments`: the files of a record, by name, for whoever may read it.

PUT takes the content as it is, without a form. The name `main` is the file of the field
`attachment`; the others are in the field `attachments` of the record.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from python_multipart.multipart import parse_options_header

from kinto.core import Service
from kinto.core.authorization import DYNAMIC
from kinto.plugins.attachments import described, failures, links, names
from kinto.plugins.attachments.attaching import (
    attach,
    check_target,
    describe,
    detach,
    present_names,
    rules_of,
)
from kinto.plugins.attachments.context import AttachmentContext
from kinto.plugins.attachments.intake import Intake, pieces
from kinto.plugins.attachments.serving import file_response
from kinto.plugins.attachments.views import RECORD_PATH, no_content

EXPOSED = ("ETag", "Last-Modified", "Content-Range", "Accept-Ranges", "Content-Disposition")

attachments = Service(
    name="attachments",
    path=f"{RECORD_PATH}/attachments",
    description="The files of a record",
    factory=AttachmentContext,
)
attachment_file = Service(
    name="attachment_file",
    path=f"{RECORD_PATH}/attachments/{{name}}",
    description="One file of a record",
    factory=AttachmentContext,
    cors_headers=EXPOSED,
)


@attachments.get(
    permission=DYNAMIC,
    tags=["Attachments"],
    operation_id="get_attachments",
    response_schemas=described.LISTED,
)
def attachments_get(request: Any) -> dict[str, Any]:
    """Every file of the record, by name.

    Raises:
        HTTPNotFound: there is no such record.
    """
    context: AttachmentContext = request.context
    if context.current is None:
        raise failures.not_found(context.record.rid)
    found = links.find_links(
        request.registry.storage, context.record, present_names(context.current)
    )
    return {
        "data": [
            {"name": link["name"], **describe(request, context.record, link["name"], link)}
            for link in sorted(found, key=lambda link: link["name"])
        ]
    }


@attachment_file.get(
    permission=DYNAMIC,
    tags=["Attachments"],
    operation_id="get_attachment_file",
    response_schemas=described.CONTENT,
)
def file_get(request: Any) -> Any:
    """The content of a file.

    Raises:
        HTTPNotFound: the record has no such attachment.
        HTTPBadRequest: it was asked for in a batch, whose answers are in memory.
    """
    if hasattr(request, "parent"):
        raise failures.bad_request("Files are not served in a batch.")
    context: AttachmentContext = request.context
    name = request.matchdict["name"]
    if name not in present_names(context.current):
        raise failures.not_found(name)
    link = links.find_link(request.registry.storage, context.record, name)
    if link is None:
        raise failures.not_found(name)
    rules = rules_of(request, context.record)
    return file_response(request, request.registry.attachments_store, rules, link)


@attachment_file.put(
    permission=DYNAMIC,
    schema=described.FileRequest(),
    tags=["Attachments"],
    operation_id="update_attachment_file",
    response_schemas=described.STORED,
)
def file_put(request: Any) -> dict[str, Any]:
    """Store the body as a file of the record, which is made when it is not there.

    Raises:
        HTTPBadRequest: the name, the file, or what the record would become, is refused.
    """
    name = checked_name(request, request.matchdict["name"])
    context: AttachmentContext = request.context
    check_target(request, context)
    intake = Intake(
        request.registry.attachments_store,
        rules_of(request, context.record),
        record=context.record,
        filename=_filename(request) or name,
        content_type=request.headers.get("Content-Type"),
    )
    try:
        for piece in pieces(request.body_file):
            intake.take(piece)
        intake.check(request)
        link = intake.finish(request)
    finally:
        intake.drop()
    is_new = name not in present_names(context.current)
    shown, answer = attach(request, name, link)
    request.response.status_code = 201 if is_new else 200
    for header in ("ETag", "Last-Modified"):
        request.response.headers[header] = answer.headers[header]
    return shown


@attachment_file.delete(
    permission=DYNAMIC,
    tags=["Attachments"],
    operation_id="delete_attachment_file",
    response_schemas=described.REMOVED,
)
def file_delete(request: Any) -> Any:
    """Remove a file.

    Raises:
        HTTPNotFound: the record has no such attachment.
    """
    name = request.matchdict["name"]
    if name not in present_names(request.context.current):
        raise failures.not_found(name)
    detach(request, name)
    return no_content(request)


def checked_name(request: Any, name: str) -> str:
    """The name of an attachment.

    Raises:
        HTTPBadRequest: it can be none.
    """
    if not names.is_name(name):
        failures.raise_invalid(
            request, location="path", name="name", description="Invalid attachment name"
        )
    return name


def _filename(request: Any) -> str:
    """As `Content-Disposition` says it, plain or encoded; empty when it does not."""
    sent = request.headers.get("Content-Disposition", "")
    _, options = parse_options_header(sent)
    encoded = [
        part.partition("''")[2]
        for part in sent.split(";")
        if part.strip().lower().startswith("filename*=utf-8''")
    ]
    if encoded:
        return unquote(encoded[0].strip())
    return options.get(b"filename", b"").decode("utf-8", "replace")
