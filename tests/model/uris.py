"""What a URI says: whether it names a list, of which kind an object is, what is above it."""

from __future__ import annotations

from collections.abc import Iterator

from tests.security.permission_oracle import KINDS


def is_list(uri: str) -> bool:
    return uri.rpartition("/")[2] in KINDS and uri.count("/") % 2 == 1


def kind_of(uri: str) -> str:
    """Kind of an object."""
    return KINDS[uri.split("/")[-2]]


def list_of(uri: str) -> str:
    return uri.rpartition("/")[0]


def ancestors(uri: str) -> Iterator[str]:
    """Objects above an object, nearest first."""
    while (uri := uri.rsplit("/", 2)[0]) != "":
        yield uri
