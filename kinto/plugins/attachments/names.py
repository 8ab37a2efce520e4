"""Names of files: as sent, as stored, and of the attachments of a record."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

from kinto.core.runtime import clock, randomness
from kinto.plugins.attachments.settings import Rules

MAIN = "main"
"""The attachment in the field `attachment` of its record; others are in `attachments`."""

LONGEST = 255
"""Characters of a file's name."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_UNWANTED = re.compile(r"[^A-Za-z0-9_.-]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def is_name(text: str) -> bool:
    """Whether a text can name an attachment of a record."""
    return _NAME.fullmatch(text) is not None


def shown(filename: str) -> str:
    """A file name as it is kept in the record: on one line, and no longer than names are."""
    return _CONTROL.sub("", filename)[-LONGEST:]


def extension_of(filename: str) -> str:
    """In lower case, with its dot; empty when there is none."""
    return PurePosixPath(filename.replace("\\", "/")).suffix.lower()


def cleaned(filename: str) -> str:
    """A name that is safe in any folder: no path, only ASCII letters, digits, `_`, `.` and `-`."""
    last = re.split(r"[/\\]", filename)[-1]
    plain = unicodedata.normalize("NFKD", last).encode("ascii", "ignore").decode("ascii")
    plain = "_".join(plain.split())
    return _UNWANTED.sub("", plain).strip("._")[-LONGEST:]


def stored_path(
    rules: Rules, *, filename: str, bucket_id: str, collection_id: str, rid: str
) -> str:
    """Where a new file goes below the root of the store, with `/` between folders.

    Args:
        filename: as sent.
        rid: id of the record.
    """
    extension = _UNWANTED.sub("", extension_of(filename))
    plain = cleaned(filename)
    if rules.randomize or not plain:
        plain = randomness.new_uuid() + extension
    if rules.filename_pattern:
        filled = rules.filename_pattern.replace("{filename}", plain).replace("{rid}", rid)
        moment = clock.now().strftime("%Y%m%d%H%M%S")
        plain = cleaned(filled.replace("{datetime}", moment)) or plain
    folder = rules.folder
    for placeholder, value in (
        ("{bucket_id}", bucket_id),
        ("{collection_id}", collection_id),
        ("{id}", rid),
    ):
        folder = folder.replace(placeholder, value)
    parts = [part for part in folder.split("/") if part not in ("", ".", "..")]
    return "/".join([*parts, plain])


def numbered(path: str, number: int) -> str:
    """The path to try when the one before is taken: `f.txt`, `f-1.txt`, `f-2.txt`."""
    if number == 0:
        return path
    pure = PurePosixPath(path)
    return str(pure.with_name(f"{pure.stem}-{number}{pure.suffix}"))
