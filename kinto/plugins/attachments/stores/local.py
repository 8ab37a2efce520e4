"""Files in a folder of this machine, or in one that several machines share.

Drafts are in the hidden folder `.drafts`. A finished file gets its name by a hard link, which
fails when the name is taken, so that no file ever replaces another one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from kinto.core.runtime import randomness
from kinto.plugins.attachments.names import numbered
from kinto.plugins.attachments.stores.base import CHUNK, StoredFile, StoreUnavailable

DRAFTS = ".drafts"


class LocalStore:
    """See `FileStore`.

    Args:
        root: created when needed.
    """

    label = "localfilestorage"

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = Path(root).resolve()

    def draft(self, path: str) -> LocalDraft:
        self._inside(path)
        return LocalDraft(self, {"id": randomness.new_uuid(), "path": path, "offset": 0})

    def resume(self, state: dict[str, Any]) -> LocalDraft:
        return LocalDraft(self, dict(state))

    def size(self, path: str) -> int | None:
        try:
            return self._inside(path).stat().st_size
        except (FileNotFoundError, NotADirectoryError):
            return None

    def read(self, path: str, *, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        content = self._inside(path).open("rb")
        content.seek(start)
        return _Pieces(content, length)

    def delete(self, path: str) -> None:
        self._inside(path).unlink(missing_ok=True)

    def files(self) -> Iterator[StoredFile]:
        for folder, folders, names in os.walk(self.root):
            folders[:] = sorted(name for name in folders if name != DRAFTS)
            for name in sorted(names):
                path = Path(folder, name)
                found = path.lstat()
                relative = path.relative_to(self.root).as_posix()
                yield StoredFile(relative, found.st_size, found.st_mtime_ns // 1_000_000)

    def forget_drafts(self, *, before_ms: int, keep: frozenset[str]) -> int:
        removed = 0
        for path in (self.root / DRAFTS).glob("*"):
            if path.stem not in keep and path.stat().st_mtime_ns < before_ms * 1_000_000:
                path.unlink(missing_ok=True)
                removed += 1
        return removed

    def _inside(self, path: str) -> Path:
        """The file of a path.

        Raises:
            FileNotFoundError: it would be outside of the folder, or among the drafts.
        """
        found = self.root.joinpath(path).resolve()
        hidden = self.root / DRAFTS
        if not found.is_relative_to(self.root) or found.is_relative_to(hidden) or "\0" in path:
            raise FileNotFoundError(path)
        return found


class LocalDraft:
    """See `Draft`."""

    def __init__(self, store: LocalStore, state: dict[str, Any]) -> None:
        self._store = store
        self.state = state
        self.offset = int(state["offset"])
        self._path = store.root / DRAFTS / f"{state['id']}.part"
        self._file: IO[bytes] | None = None

    def write(self, data: bytes) -> None:
        with _failures_told():
            self._opened().write(data)
        self.offset += len(data)

    def save(self) -> None:
        with _failures_told():
            self._save()

    def finish(self) -> str:
        with _failures_told():
            return self._finish()

    def drop(self) -> None:
        with suppress(OSError):
            self._close()
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

    def _save(self) -> None:
        content = self._opened()
        content.flush()
        os.fsync(content.fileno())
        self._close()
        self.state["offset"] = self.offset

    def _finish(self) -> str:
        self._save()
        # Its age as a file begins now, however long the upload took.
        os.utime(self._path)
        number = 0
        while True:
            path = numbered(self.state["path"], number)
            target = self._store._inside(path)
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(self._path, target)
            except FileExistsError:
                number += 1
                continue
            break
        _sync_folder(target.parent)
        return path

    def _opened(self) -> IO[bytes]:
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            if self.offset and self._path.stat().st_size < self.offset:
                raise FileNotFoundError(self._path)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
            self._file = os.fdopen(descriptor, "r+b", buffering=CHUNK)
            self._file.truncate(self.offset)
            self._file.seek(self.offset)
        return self._file

    def _close(self) -> None:
        if self._file is not None:
            content, self._file = self._file, None
            content.close()


class _Pieces(Iterator[bytes]):
    """What is read, and `close` for who does not read it all."""

    def __init__(self, content: IO[bytes], length: int | None) -> None:
        self._content = content
        self._left = length

    def __next__(self) -> bytes:
        wanted = CHUNK if self._left is None else min(CHUNK, self._left)
        piece = self._content.read(wanted)
        if not piece:
            self.close()
            raise StopIteration
        if self._left is not None:
            self._left -= len(piece)
        return piece

    def close(self) -> None:
        self._content.close()


@contextmanager
def _failures_told() -> Iterator[None]:
    """A full or broken disk is the server's trouble, and may be over soon."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StoreUnavailable(original=error) from error


def _sync_folder(folder: Path) -> None:
    """A name survives a power cut only when its folder is on the disk as well."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
