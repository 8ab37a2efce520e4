"""What keeps the content of files. Paths are relative, with `/`, and come from `names`.

A file is written through a `Draft`, which nobody can read before it is finished, and which can
be continued later by another process.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from kinto.core.storage.exceptions import BackendError

CHUNK = 256 * 1024
"""Bytes read or written at a time."""


class StoreUnavailable(BackendError):
    """The store did not do what it was asked (503); the disk is full, or nobody answers."""


@dataclass(frozen=True)
class StoredFile:
    """One file of a listing; `modified_ms` since 1970."""

    path: str
    size: int
    modified_ms: int


class Draft(Protocol):
    """A file being written.

    Attributes:
        state: JSON value from which `resume` makes the same draft again.
        offset: bytes written.
    """

    state: dict[str, Any]
    offset: int

    def write(self, data: bytes) -> None:
        """Append."""

    def save(self) -> None:
        """Make what was written survive the process, and `state` describe it."""

    def finish(self) -> str:
        """Make it a file, complete and durable; returns its path.

        The draft stays where the store can keep it, so that it can be finished once more when
        the file had to be deleted again: `drop` it in the end.
        """

    def drop(self) -> None:
        """Forget it; the file that it became stays. Never raises."""


class FileStore(Protocol):
    """A folder, or a bucket of objects."""

    label: str

    def draft(self, path: str) -> Draft:
        """Begin a file. The path may get a number when it is taken."""

    def resume(self, state: dict[str, Any]) -> Draft:
        """Continue a draft where its state says; what was written beyond is forgotten.

        Raises (when it is written, saved or finished):
            FileNotFoundError: the store has it no more.
        """

    def size(self, path: str) -> int | None:
        """Bytes of a file, None when there is none."""

    def read(self, path: str, *, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The content, or a part of it, in pieces.

        Raises (at once):
            FileNotFoundError: there is none.
        """

    def delete(self, path: str) -> None:
        """Remove a file, if it is there."""

    def files(self) -> Iterator[StoredFile]:
        """All files, drafts left out."""

    def forget_drafts(self, *, before_ms: int, keep: frozenset[str]) -> int:
        """Remove the drafts not touched since; returns how many.

        Args:
            keep: ids (`state["id"]`) of those that stay.
        """
