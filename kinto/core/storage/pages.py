"""Objects, and pages of a list, as the JSON text that is answered: what is stored is never decoded.

A backend that keeps the text of its objects may offer `list_page_json`, which takes what
`list_page` takes, `limit` being that of the page, and returns a `JSONPage`. Without it, or
where somebody wants to look at the objects, they are decoded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from kinto.core.runtime import json

ROWS_AT_ONCE = 256
"""Rows that are held as Python objects at any moment."""

_MOST_KEPT_BYTES = 65536

# Ids that are their own JSON text, several of them joined by spaces.
_PLAIN = re.compile(r"[\w.:@+~ -]*\Z", re.ASCII)

StoredText = tuple[str, int, str]
"""Id, timestamp, and the JSON text of the other attributes."""


class JSONObject(NamedTuple):
    """A live object: its timestamp, and its whole JSON text in UTF-8."""

    timestamp: int
    text: bytes


class JSONPage(NamedTuple):
    """One page of a list.

    Attributes:
        timestamp: of the list.
        pieces: one after the other they are the texts of the objects, separated by commas, in
            UTF-8. A long text comes in many, each of which may be let go of when it is sent.
        last: the text of the last object, empty without any.
        more: whether objects follow this page.
    """

    timestamp: int
    pieces: list[bytes]
    last: bytes
    more: bool


def key_of(query: Any) -> object | None:
    """What tells a query from all others of its list; None where its page is not worth keeping.

    Args:
        query: has attributes of the names that `list_page` takes.
    """
    if query.limit is None or query.only_ids is not None or query.pagination_rules:
        return None
    # Values that Python takes for equal may be different ones in JSON: 1 and true.
    filters = [(item[0], repr(item[1]), item[2]) for item in query.filters or ()]
    fields = (query.id_field, query.modified_field)
    return (query.limit, tuple(query.sorting or ()), tuple(filters), fields)


def is_small(page: JSONPage) -> bool:
    """Whether a page takes so little that it may be kept, for whoever asks for it again."""
    return sum(map(len, page.pieces)) <= _MOST_KEPT_BYTES


def object_of(row: StoredText) -> JSONObject:
    """Make the object of a stored text."""
    return JSONObject(row[1], _complete([row])[0].encode("utf-8"))


def objects_of(rows: Sequence[StoredText]) -> list[JSONObject]:
    """Make the objects of stored texts."""
    texts = _complete(rows)
    return [JSONObject(row[1], text.encode("utf-8")) for row, text in zip(rows, texts, strict=True)]


def page_of(
    parts: Iterable[Sequence[StoredText]], *, timestamp: int, limit: int | None
) -> JSONPage:
    """Make a page of stored texts, read in parts, of which there may be one beyond the limit."""
    pieces: list[bytes] = []
    last, room, more = "", limit, False
    for part in parts:
        rows = part
        if room is not None:
            more = len(rows) > room
            rows = rows[:room]
            room -= len(rows)
        if rows:
            texts = _complete(rows)
            last = texts[-1]
            if pieces:
                texts[0] = f",{texts[0]}"
            pieces.append(",".join(texts).encode("utf-8"))
    return JSONPage(timestamp, pieces, last.encode("utf-8"), more)


def page_of_texts(texts: Sequence[bytes], *, timestamp: int, limit: int | None) -> JSONPage:
    """Make a page of complete texts, of which there may be one beyond the limit."""
    more = limit is not None and len(texts) > limit
    shown = texts[:limit] if more else texts
    last = shown[-1] if shown else b""
    pieces = []
    for start in range(0, len(shown), ROWS_AT_ONCE):
        comma = (b"",) if start else ()
        pieces.append(b",".join((*comma, *shown[start : start + ROWS_AT_ONCE])))
    return JSONPage(timestamp, pieces, last, more)


def _complete(rows: Sequence[StoredText]) -> list[str]:
    """The texts of the objects, with what the database keeps in columns."""
    if _PLAIN.match(" ".join([row[0] for row in rows])) is None:
        rows = [(json.dumps(key)[1:-1], modified, text) for key, modified, text in rows]
    return [
        f'{text[:-1]},"id":"{key}","last_modified":{modified}}}'
        if len(text) > 2
        else f'{{"id":"{key}","last_modified":{modified}}}'
        for key, modified, text in rows
    ]
