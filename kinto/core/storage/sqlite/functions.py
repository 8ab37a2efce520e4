"""SQL functions written in Python, for what SQLite's own cannot do.

Slow beside native ones, and only called for rows and filters that need them: arrays and objects,
integers beyond 64 bits, unusual field names, text beyond ASCII in `like_`. All are linear.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from kinto.core.protocol.identifiers import ParentPattern
from kinto.core.protocol.matching import find_value, like_matches
from kinto.core.protocol.terms import MISSING
from kinto.core.protocol.wildcards import LikePattern
from kinto.core.runtime import json
from kinto.core.storage.sqlite.keys import identity_text, order_bytes


def register(connection: sqlite3.Connection) -> None:
    """Make the functions known to a connection."""
    for name, function in _FUNCTIONS.items():
        connection.create_function(
            name, function.__code__.co_argcount, function, deterministic=True
        )


def order(text: str | None) -> bytes | None:
    """Bytes that sort as the JSON values do."""
    return None if text is None else order_bytes(json.loads_trusted(text))


def identity(text: str | None) -> str | None:
    """A text that equal JSON values share."""
    return None if text is None else identity_text(json.loads_trusted(text))


def like(text: str | None, pattern: str) -> bool:
    """Does a text match a `like_` filter?"""
    return text is not None and _like_pattern(pattern).matches(text)


def like_json(text: str | None, pattern: str) -> bool:
    """Does the text of a JSON value match a `like_` filter?"""
    return text is not None and like_matches(json.loads_trusted(text), _like_pattern(pattern))


def contains_all(text: str, wanted: str) -> bool:
    """Does an array hold all of the values whose identities are listed?"""
    return _identities(wanted) <= {identity_text(item) for item in json.loads_trusted(text)}


def contains_any(text: str, wanted: str) -> bool:
    """Does an array hold one of the values whose identities are listed?"""
    found = {identity_text(item) for item in json.loads_trusted(text)}
    return not found.isdisjoint(_identities(wanted))


def field(data: str, name: str) -> str | None:
    """The JSON text of a field, NULL when it is missing."""
    value = find_value(json.loads_trusted(data), name)
    return None if value is MISSING else json.dumps(value)


def parent(text: str, pattern: str) -> bool:
    """Is a parent id an instance of a pattern?"""
    return _parent_pattern(pattern).matches(text)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "kinto_order": order,
    "kinto_identity": identity,
    "kinto_like": like,
    "kinto_like_json": like_json,
    "kinto_contains_all": contains_all,
    "kinto_contains_any": contains_any,
    "kinto_field": field,
    "kinto_parent": parent,
}

_like_pattern = lru_cache(maxsize=64)(LikePattern)
_parent_pattern = lru_cache(maxsize=64)(ParentPattern.compile)


@lru_cache(maxsize=64)
def _identities(texts: str) -> frozenset[str]:
    return frozenset(json.loads_trusted(texts))
