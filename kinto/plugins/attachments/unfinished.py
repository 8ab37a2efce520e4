"""Uploads that nobody has finished: where they are kept, and how many one user may have."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from kinto.core.runtime import clock
from kinto.core.storage import Filter
from kinto.core.storage.exceptions import ObjectNotFoundError, RecordNotFoundError
from kinto.core.utils import COMPARISON
from kinto.plugins.attachments import failures, following
from kinto.plugins.attachments.settings import AttachmentSettings

RESOURCE = "attachment_uploads"
ROOT = "__uploads__"


def parent_of(collection_uri: str) -> str:
    """Where the uploads to the records of a collection are kept."""
    return f"{ROOT}{collection_uri}"


def forget(storage: Any, row: dict[str, Any]) -> None:
    """Remove the row of an upload, which may be gone already."""
    with suppress(ObjectNotFoundError, RecordNotFoundError):
        storage.delete(RESOURCE, parent_of(row["collection_uri"]), row["id"], with_deleted=False)


def make_room(request: Any) -> None:
    """Let the caller begin one more upload; what they gave up long ago goes when it is in the way.

    Requests of the same moment may each find the last place. Anonymous callers count as one.

    Raises:
        HTTPTooManyRequests: there are too many; says when the oldest may be given up.
    """
    settings: AttachmentSettings = request.registry.attachments_settings
    most, storage = settings.uploads_per_user, request.registry.storage
    own = [Filter("user_id", request.prefixed_userid, COMPARISON.EQ)]
    if not most or storage.count_all(RESOURCE, f"{ROOT}/*", filters=own) < most:
        return
    rows = storage.list_all(RESOURCE, f"{ROOT}/*", filters=own)
    oldest_ms = clock.now_ms() - settings.upload_grace_seconds * 1000
    recent = [row for row in rows if row["last_modified"] >= oldest_ms]
    if len(recent) >= most:
        first = min(row["last_modified"] for row in recent)
        raise failures.too_many(seconds=max(1, (first - oldest_ms) // 1000))
    # In the order in which all lock these lists.
    for row in sorted(rows, key=lambda row: str(row["collection_uri"])):
        if row["last_modified"] < oldest_ms:
            forget(storage, row)
            draft = request.registry.attachments_store.resume(row["draft"])
            following.after_commit(request, draft.drop)
