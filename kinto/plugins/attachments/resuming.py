"""`.../records/{id}/uploads`: uploads that go on where they broke off (the protocol tus 1.0).

What was received is what the row of the upload says, written in the same unit of work as
everything else; bytes of an undone request are written over by the next one.
"""

from __future__ import annotations

import base64
import binascii
import threading
from typing import Any, NoReturn

from pyramid import httpexceptions
from pyramid.httpexceptions import HTTPException

from kinto.core import Service
from kinto.core.authorization import DYNAMIC
from kinto.core.errors import ERRORS, http_error
from kinto.core.runtime import randomness
from kinto.plugins.attachments import described, failures, following, names, unfinished
from kinto.plugins.attachments.attaching import attach, check_target, rules_of
from kinto.plugins.attachments.context import UploadContext
from kinto.plugins.attachments.files import checked_name
from kinto.plugins.attachments.intake import digest_of, finished, pieces, type_of
from kinto.plugins.attachments.stores.base import Draft
from kinto.plugins.attachments.views import RECORD_PATH, no_content

VERSION = "1.0.0"
BODY_TYPE = "application/offset+octet-stream"
EXPOSED = (
    "Location",
    "Tus-Resumable",
    "Tus-Version",
    "Tus-Extension",
    "Tus-Max-Size",
    "Upload-Offset",
    "Upload-Length",
)

_busy: set[str] = set()
_busy_lock = threading.Lock()


class ResumingContext(UploadContext):
    """Every answer tells the version of the protocol, also those to OPTIONS and to failures."""

    def __init__(self, request: Any) -> None:
        request.add_response_callback(_tell_protocol)
        super().__init__(request)


uploads = Service(
    name="attachment_uploads",
    path=f"{RECORD_PATH}/uploads",
    description="Uploads that can be resumed",
    factory=ResumingContext,
    cors_headers=EXPOSED,
)
upload = Service(
    name="attachment_upload",
    path=f"{RECORD_PATH}/uploads/{{upload_id}}",
    description="One upload that can be resumed",
    factory=ResumingContext,
    cors_headers=EXPOSED,
)


@uploads.post(
    permission=DYNAMIC,
    schema=described.UploadRequest(),
    tags=["Attachments"],
    operation_id="create_upload",
    response_schemas=described.BEGUN,
)
def uploads_post(request: Any) -> Any:
    """Begin an upload; its address is in `Location`.

    Raises:
        HTTPBadRequest: headers are missing or malformed, or the extension is refused.
        HTTPRequestEntityTooLarge: it would be larger than the collection accepts.
        HTTPTooManyRequests: the caller has too many that are not finished.
    """
    _check_version(request)
    context: UploadContext = request.context
    check_target(request, context)
    length = _number(request, "Upload-Length")
    told = _metadata(request)
    name = checked_name(request, told.get("name", names.MAIN))
    filename = names.shown(told.get("filename", name))
    rules = rules_of(request, context.record)
    if rules.max_size_bytes is not None and length > rules.max_size_bytes:
        raise failures.too_large()
    if not rules.allows(names.extension_of(filename)):
        failures.refuse_extension(request)
    record = context.record
    path = names.stored_path(
        rules,
        filename=filename,
        bucket_id=record.bucket_id,
        collection_id=record.collection_id,
        rid=record.rid,
    )
    draft = request.registry.attachments_store.draft(path)
    row = {
        "id": randomness.new_uuid(),
        "rid": record.rid,
        "collection_uri": record.collection_uri,
        "name": name,
        "filename": filename,
        "mimetype": type_of(rules, filename, told.get("filetype")),
        "length": length,
        "user_id": request.prefixed_userid,
        "draft": draft.state,
    }
    if length == 0:
        _attach(request, row, draft)
    else:
        unfinished.make_room(request)
        parent_id = unfinished.parent_of(record.collection_uri)
        request.registry.storage.create(unfinished.RESOURCE, parent_id, row)
    response = no_content(request)
    response.status_code = 201
    prefix = f"{request.application_url}/{request.registry.route_prefix}"
    response.headers["Location"] = f"{prefix}{record.uri}/uploads/{row['id']}"
    return response


def upload_head(request: Any) -> Any:
    """How much was received."""
    _check_version(request)
    row = _row(request)
    response = request.response
    response.headers["Upload-Offset"] = str(row["draft"]["offset"])
    response.headers["Upload-Length"] = str(row["length"])
    response.headers["Cache-Control"] = "no-store"
    return response


upload.add_view("HEAD", upload_head, permission=DYNAMIC)


@upload.patch(
    permission=DYNAMIC,
    schema=described.PieceRequest(),
    tags=["Attachments"],
    operation_id="patch_upload",
    response_schemas=described.APPENDED,
)
def upload_patch(request: Any) -> Any:
    """Append a piece; the last one attaches the file to its record.

    Raises:
        HTTPConflict: it does not begin where the last one ended.
        HTTPGone: what was received is lost.
        HTTPLocked: another request is writing this upload.
    """
    _check_version(request)
    if request.headers.get("Content-Type") != BODY_TYPE:
        raise http_error(
            httpexceptions.HTTPUnsupportedMediaType(),
            errno=ERRORS.INVALID_PARAMETERS,
            message=f"Content-Type should be {BODY_TYPE}",
        )
    _be_alone(request)
    row = _row(request)
    offset = _number(request, "Upload-Offset")
    if offset != row["draft"]["offset"]:
        raise _conflict(f"Upload-Offset should be {row['draft']['offset']}")
    draft = request.registry.attachments_store.resume(row["draft"])
    try:
        _append(request, row, draft)
    except FileNotFoundError:
        raise http_error(
            httpexceptions.HTTPGone(), errno=ERRORS.MISSING_RESOURCE, message="Begin again."
        ) from None
    if draft.offset == row["length"]:
        _attach(request, row, draft)
        unfinished.forget(request.registry.storage, row)
    else:
        changed = {**row, "draft": draft.state}
        changed.pop("last_modified", None)
        parent_id = unfinished.parent_of(row["collection_uri"])
        request.registry.storage.update(unfinished.RESOURCE, parent_id, row["id"], changed)
    response = no_content(request)
    response.headers["Upload-Offset"] = str(draft.offset)
    return response


@upload.delete(
    permission=DYNAMIC,
    schema=described.AbandonRequest(),
    tags=["Attachments"],
    operation_id="delete_upload",
    response_schemas=described.ABANDONED,
)
def upload_delete(request: Any) -> Any:
    """Give an upload up."""
    _check_version(request)
    _be_alone(request)
    row = _row(request)
    draft = request.registry.attachments_store.resume(row["draft"])
    unfinished.forget(request.registry.storage, row)
    following.after_commit(request, draft.drop)
    return no_content(request)


def _append(request: Any, row: dict[str, Any], draft: Draft) -> None:
    for piece in pieces(request.body_file):
        if draft.offset + len(piece) > row["length"]:
            raise failures.too_large()
        draft.write(piece)
    draft.save()


def _attach(request: Any, row: dict[str, Any], draft: Draft) -> None:
    store = request.registry.attachments_store
    link = finished(request, draft, filename=row["filename"], mimetype=row["mimetype"], digest="")
    link["hash"] = digest_of(store, link["location"])
    attach(request, row["name"], link)
    following.after_commit(request, draft.drop)


def _row(request: Any) -> dict[str, Any]:
    """The upload of the URL, if the caller began it."""
    context: UploadContext = request.context
    upload_id = request.matchdict["upload_id"]
    key = (unfinished.RESOURCE, unfinished.parent_of(context.record.collection_uri), upload_id)
    row: dict[str, Any] | None = request.registry.storage.get_many([key])[0]
    if row is None or row["rid"] != context.record.rid or row["user_id"] != request.prefixed_userid:
        raise http_error(
            httpexceptions.HTTPNotFound(),
            errno=ERRORS.INVALID_RESOURCE_ID,
            details={"id": upload_id, "resource_name": "upload"},
        )
    return row


def _be_alone(request: Any) -> None:
    """Let no other request of this process write the same upload before this one ends."""
    upload_id = request.matchdict["upload_id"]
    with _busy_lock:
        if upload_id in _busy:
            raise http_error(
                httpexceptions.HTTPLocked(), errno=ERRORS.CONSTRAINT_VIOLATED, message="Try again."
            )
        _busy.add(upload_id)

    def leave() -> None:
        _busy.discard(upload_id)

    following.after_commit(request, leave)
    following.when_undone(request, leave)


def _check_version(request: Any) -> None:
    if request.headers.get("Tus-Resumable") != VERSION:
        raise http_error(
            httpexceptions.HTTPPreconditionFailed(),
            errno=ERRORS.INVALID_PARAMETERS,
            message=f"Tus-Resumable should be {VERSION}",
        )


def _number(request: Any, header: str) -> int:
    text = request.headers.get(header, "")
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        _refuse_header(request, header, "Should be a number of bytes")
    return int(text)


def _metadata(request: Any) -> dict[str, str]:
    """The pairs of `Upload-Metadata`."""
    found = {}
    for pair in filter(None, request.headers.get("Upload-Metadata", "").split(",")):
        key, _, value = pair.strip().partition(" ")
        try:
            found[key] = base64.b64decode(value, validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            _refuse_header(request, "Upload-Metadata", "Should be pairs of a name and base64")
    return found


def _refuse_header(request: Any, header: str, text: str) -> NoReturn:
    failures.raise_invalid(request, location="header", name=header, description=text)


def _conflict(message: str) -> HTTPException:
    return http_error(
        httpexceptions.HTTPConflict(), errno=ERRORS.CONSTRAINT_VIOLATED, message=message
    )


def _tell_protocol(request: Any, response: Any) -> None:
    response.headers["Tus-Resumable"] = VERSION
    if request.method == "OPTIONS" or response.status_code == 412:
        response.headers["Tus-Version"] = VERSION
        response.headers["Tus-Extension"] = "creation,termination"
        limit = rules_of(request, request.context.record).max_size_bytes
        if limit is not None:
            response.headers["Tus-Max-Size"] = str(limit)
