"""Writing what was uploaded into its record, by a request that follows all rules of records."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from pyramid.httpexceptions import HTTPNotFound, HTTPPreconditionFailed

from kinto.core.errors import raise_invalid
from kinto.core.utils import build_request
from kinto.plugins.attachments import following, links
from kinto.plugins.attachments.context import AttachmentContext
from kinto.plugins.attachments.links import RecordRef
from kinto.plugins.attachments.names import MAIN
from kinto.plugins.attachments.settings import Rules
from kinto.views import object_exists_or_404

WRITTEN = "attachments.written"
"""Key in `request.bound_data`: (URI of a record, name) to the attachments that we put there."""

_NOT_FOR_THE_RECORD = (
    "If-Match",
    "If-None-Match",
    "If-Range",
    "Range",
    "Response-Behavior",
    "Content-Disposition",
    "Transfer-Encoding",
    "Expect",
    "Upload-Offset",
    "Upload-Length",
    "Upload-Metadata",
)


def check_target(request: Any, context: AttachmentContext) -> None:
    """Refuse a record that could not be made, before its file is read.

    Raises:
        HTTPBadRequest: its id is malformed.
        HTTPNotFound: there is no such collection.
    """
    record = context.record
    generators = request.registry.id_generators
    if not generators.get("record", generators[""]).match(record.rid):
        raise_invalid(request, location="path", description="Invalid object id")
    object_exists_or_404(request, "bucket", record.bucket_id)
    object_exists_or_404(request, "collection", record.collection_id, parent_id=record.bucket_uri)


def rules_of(request: Any, record: RecordRef) -> Rules:
    """The rules of the record's collection."""
    found: Rules = request.registry.attachments_rules.of(record.bucket_id, record.collection_id)
    return found


def attach(
    request: Any,
    name: str,
    link: dict[str, Any],
    *,
    data: dict[str, Any] | None = None,
    permissions: dict[str, Any] | None = None,
) -> tuple[dict[str, Any], Any]:
    """Make a stored file an attachment of the request's record.

    Args:
        link: of the new file.
        data: other attributes for the record.
    Returns:
        The attachment as clients see it, and the answer of the record.
    """
    context: AttachmentContext = request.context
    record = context.record
    shown = describe(request, record, name, link)
    body: dict[str, Any] = {"data": {**(data or {}), **_member(name, shown)}}
    if permissions is not None:
        body["permissions"] = permissions
    answer = _write(request, name, shown, body)
    _replace(request, record, name, link)
    return shown, answer


def detach(request: Any, name: str) -> None:
    """Take an attachment, and its file, from the request's record."""
    record = request.context.record
    _write(request, name, None, {"data": _member(name, None)})
    _replace(request, record, name, None)


def describe(request: Any, record: RecordRef, name: str, link: dict[str, Any]) -> dict[str, Any]:
    """The attachment object, as it stands in the record."""
    base = request.registry.attachments_base_url
    if base:
        location = base + quote(link["location"])
    else:
        prefix = request.registry.route_prefix
        location = f"{request.application_url}/{prefix}{record.uri}/attachments/{name}"
    return {
        "filename": link["filename"],
        "location": location,
        "hash": link["hash"],
        "mimetype": link["mimetype"],
        "size": link["size"],
    }


def present_names(record: dict[str, Any] | None) -> list[str]:
    """Names of the attachments that a stored record has."""
    found = [MAIN] if record and record.get("attachment") else []
    others = (record or {}).get("attachments")
    if isinstance(others, dict):
        found += [name for name, value in others.items() if value]
    return found


def _member(name: str, shown: dict[str, Any] | None) -> dict[str, Any]:
    return {"attachment": shown} if name == MAIN else {"attachments": {name: shown}}


def _replace(request: Any, record: RecordRef, name: str, link: dict[str, Any] | None) -> None:
    """Put a link in the place of the present one. The record's list is locked by its write."""
    storage = request.registry.storage
    old = links.find_link(storage, record, name)
    if link is not None:
        links.put_link(storage, record, name, link)
    elif old is not None:
        links.drop_link(storage, old)
    if old is not None and not rules_of(request, record).keep_old_files:
        following.delete_after_commit(request, old)


def _write(request: Any, name: str, shown: dict[str, Any] | None, body: dict[str, Any]) -> Any:
    record = request.context.record
    written = request.bound_data.setdefault(WRITTEN, {})
    written.setdefault((record.uri, name), []).append(shown)
    if request.context.current is not None:
        try:
            return _send(request, "PATCH", body, merge=name != MAIN)
        except HTTPNotFound:
            pass  # It went meanwhile.
    try:
        return _send(request, "PUT", _without_nulls(body))
    except HTTPPreconditionFailed:
        return _send(request, "PATCH", body, merge=name != MAIN)  # Somebody else was first.


def _send(request: Any, method: str, body: dict[str, Any], *, merge: bool = False) -> Any:
    """Run a request about the record itself.

    Args:
        merge: keep the other attachments of the record, whoever writes them at this moment.
    """
    described = {"method": method, "path": request.context.record.uri, "body": body}
    subrequest = build_request(request, described)
    for header in _NOT_FOR_THE_RECORD:
        subrequest.headers.pop(header, None)
    if method == "PUT":
        subrequest.headers["If-None-Match"] = "*"
    if merge:
        subrequest.headers["Content-Type"] = "application/merge-patch+json"
    response, _ = request.follow_subrequest(subrequest, use_tweens=False)
    return response


def _without_nulls(body: dict[str, Any]) -> dict[str, Any]:
    """A new record has no attachment to remove."""
    others = body["data"].get("attachments")
    if others is None:
        return body
    kept = {name: value for name, value in others.items() if value is not None}
    return {**body, "data": {**body["data"], "attachments": kept}}
