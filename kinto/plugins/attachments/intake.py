"""Taking a file in: piece by piece into a draft, counted and hashed on the way.

What is refused is read to its end, to say how large it was, but not stored.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import IO, Any

from kinto.plugins.attachments import failures, following, names
from kinto.plugins.attachments.links import RecordRef
from kinto.plugins.attachments.settings import Rules
from kinto.plugins.attachments.stores.base import CHUNK, Draft, FileStore

DEFAULT_TYPE = "text/plain"
_TYPE = re.compile(r"[\x21-\x7e]+/[\x20-\x7e]{1,200}")


class Intake:
    """One file on its way in.

    Args:
        filename: as sent.
        content_type: as sent, None for the default.
    """

    def __init__(
        self,
        store: FileStore,
        rules: Rules,
        *,
        record: RecordRef,
        filename: str,
        content_type: str | None,
    ) -> None:
        self.filename = names.shown(filename)
        self.mimetype = type_of(rules, self.filename, content_type)
        self.size = 0
        self.draft: Draft | None = None
        self._rules = rules
        self._hash = hashlib.sha256()
        self._allowed = rules.allows(names.extension_of(self.filename))
        if self._allowed:
            path = names.stored_path(
                rules,
                filename=self.filename,
                bucket_id=record.bucket_id,
                collection_id=record.collection_id,
                rid=record.rid,
            )
            self.draft = store.draft(path)

    def take(self, piece: bytes) -> None:
        """Append a piece."""
        self.size += len(piece)
        limit = self._rules.max_size_bytes
        if self.draft is None or (limit is not None and self.size > limit):
            return
        self._hash.update(piece)
        self.draft.write(piece)

    def check(self, request: Any) -> None:
        """Refuse what may not be stored.

        Raises:
            HTTPBadRequest: it is too large, or its extension is not accepted.
        """
        limit = self._rules.max_size_bytes
        if limit is not None and self.size > limit:
            failures.refuse_size(request, size=self.size, limit=limit)
        if not self._allowed:
            failures.refuse_extension(request)

    def finish(self, request: Any) -> dict[str, Any]:
        """Make it a file of the store, for as long as the request is not undone.

        Returns:
            The link: `location` in the store, and what is known about the file.
        """
        assert self.draft is not None
        return finished(
            request,
            self.draft,
            filename=self.filename,
            mimetype=self.mimetype,
            digest=self._hash.hexdigest(),
        )

    def drop(self) -> None:
        """Forget what was taken in, if it did not become a file."""
        if self.draft is not None:
            self.draft.drop()


def finished(
    request: Any, draft: Draft, *, filename: str, mimetype: str, digest: str
) -> dict[str, Any]:
    """Make a draft a file, deleted again if the request is undone; returns its link."""
    link = {
        "location": draft.finish(),
        "filename": filename,
        "hash": digest,
        "mimetype": mimetype,
        "size": draft.offset,
    }
    following.delete_when_undone(request, link)
    return link


def type_of(rules: Rules, filename: str, content_type: str | None) -> str:
    """The type by its extension, else as sent, else the default."""
    by_name = rules.types.get(names.extension_of(filename))
    if by_name is not None:
        return by_name
    sent = (content_type or "").strip()
    return sent if _TYPE.fullmatch(sent) else DEFAULT_TYPE


def pieces(body: IO[bytes]) -> Iterator[bytes]:
    """What is left of a body."""
    while piece := body.read(CHUNK):
        yield piece


def digest_of(store: FileStore, path: str) -> str:
    """SHA-256 of a stored file, in hexadecimal."""
    found = hashlib.sha256()
    for piece in store.read(path):
        found.update(piece)
    return found.hexdigest()
