"""Ids and object URIs: which are well-formed, how they are built, taken apart and matched.

An object URI is a chain of `/{resource}s/{id}`; it is the parent id of the lists below it.
Parent id patterns know one special character, `*`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from kinto.core.protocol.limits import LIMITS
from kinto.core.protocol.wildcards import Wildcard

ID_REGEXP = r"^[a-zA-Z0-9][a-zA-Z0-9_-]*$"
"""The published pattern. Use `is_valid_id`: with `$`, a trailing newline would slip through."""

_ID = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]*")
_BUCKETS = "/buckets/"
_HIGHEST = "\U0010ffff"


def is_valid_id(value: Any, *, max_length: int = LIMITS.id_length) -> bool:
    """Tell whether a value is a well-formed object id: a whole string of the id alphabet."""
    return isinstance(value, str) and len(value) <= max_length and _ID.fullmatch(value) is not None


def list_uri(resource_name: str, *, parent_id: str) -> str:
    """Return the URI of a list, e.g. `/buckets/b/groups` for the groups of `/buckets/b`."""
    return f"{parent_id}/{resource_name}s"


def object_uri(resource_name: str, *, parent_id: str, object_id: str) -> str:
    """Return the URI of an object, e.g. `/buckets/b/groups/g`."""
    return f"{parent_id}/{resource_name}s/{object_id}"


def parent_object(parent_id: str) -> tuple[str, str, str] | None:
    """Return (resource name, parent id, object id) of the object that a parent id is the URI of.

    `/buckets/b/collections/c` is the collection `c` of `/buckets/b`. None when the text is no
    object URI (the empty parent of buckets, a user name, a pattern).
    """
    parts = _segments(parent_id)
    if parts is None or len(parts) % 2 or not parts:
        return None
    plural, object_id = parts[-2:]
    if len(plural) < 2 or not plural.endswith("s"):
        return None
    return plural[:-1], "".join(f"/{part}" for part in parts[:-2]), object_id


def is_place(parent_id: str) -> bool:
    """Tell whether a parent id is a place in the tree of URIs; the empty one is its root.

    Other texts (user names, those of tests) are only labels.
    """
    return not parent_id or parent_id.startswith("/")


def ancestors(uri: str) -> Iterator[str]:
    """Yield the URIs of the objects above an object or a list, the nearest first."""
    parts = _segments(uri) or []
    above = len(parts) - 1 if len(parts) % 2 else len(parts) - 2
    for length in range(above, 0, -2):
        yield "".join(f"/{part}" for part in parts[:length])


def shard_of(resource_name: str | None, parent_id: str, object_id: str | None = None) -> str:
    """Return the bucket that an object, or a list, belongs to: what a sharded store is cut by.

    The bucket id for everything below `/buckets/{bucket}`; for a bucket itself its own id, and
    `""` for the list of buckets; for other resources (accounts) the parent id, a user.
    """
    if parent_id == "" and resource_name == "bucket":
        return object_id or ""
    return shard_of_uri(parent_id)


@lru_cache(maxsize=1024)
def shard_of_uri(uri: str) -> str:
    """Return the bucket that the object of this URI belongs to; the text itself of another one."""
    if not uri.startswith(_BUCKETS):
        return uri
    return uri[len(_BUCKETS) :].partition("/")[0]


def shard_of_prefix(prefix: str) -> str | None:
    """Return the bucket that all texts with this prefix belong to; None when there may be many."""
    bucket, slash, _ = prefix[len(_BUCKETS) :].partition("/")
    return bucket if slash and prefix.startswith(_BUCKETS) else None


@dataclass(frozen=True)
class ParentPattern:
    """A parent id in which `*` stands for any text and every other character for itself.

    Backends look at `is_exact`, then `is_prefix` (a key range, see `bounds`), and only test
    `matches` row by row on what the range of the literal `prefix` leaves.
    """

    text: str
    wildcard: Wildcard
    prefix: str
    """The literal text before the first star; the whole text of an exact pattern."""

    @classmethod
    def compile(cls, text: str) -> ParentPattern:
        wildcard = Wildcard.compile(text)
        return cls(text=text, wildcard=wildcard, prefix=wildcard.parts[0])

    @property
    def is_exact(self) -> bool:
        """There is no star: one parent id."""
        return len(self.wildcard.parts) == 1

    @property
    def is_prefix(self) -> bool:
        """The only stars are at the end: the key range of `prefix` is the answer."""
        return len(self.wildcard.parts) == 2 and not self.wildcard.parts[1]

    def matches(self, text: str) -> bool:
        """Tell whether the whole text is an instance of the pattern, in linear time."""
        return self.wildcard.matches(text)

    def bounds(self) -> tuple[str, str | None]:
        """Return the range `low <= key < high` of the texts that begin with `prefix`."""
        return prefix_bounds(self.prefix)


def prefix_bounds(prefix: str) -> tuple[str, str | None]:
    """Return `(low, high)`: a text begins with the prefix when `low <= text < high`.

    In code point order, which is also the byte order of UTF-8. No `high` means no upper bound.
    """
    stem = prefix.rstrip(_HIGHEST)
    if not stem:
        return prefix, None
    following = ord(stem[-1]) + 1
    # The surrogates are no characters: what follows U+D7FF is U+E000.
    return prefix, stem[:-1] + chr(0xE000 if following == 0xD800 else following)


def _segments(uri: str) -> list[str] | None:
    """Cut `/a/b` into its segments; None when one is empty or the text is a pattern."""
    if not uri.startswith("/") or "*" in uri:
        return None
    parts = uri[1:].split("/")
    return parts if all(parts) else None
