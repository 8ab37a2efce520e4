"""Links: which file of the store belongs to which attachment of which record.

They are objects of the storage without URL, one list for each collection, so that they are
written and undone together with the record. What a user writes into a record is never a link.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from kinto.core.storage import Filter, Sort
from kinto.core.storage.exceptions import ObjectNotFoundError, RecordNotFoundError
from kinto.core.utils import COMPARISON

RESOURCE = "attachments"
ROOT = "__attachments__"
LEGACY = ("", RESOURCE)
"""Resource names under which the published plugin keeps its links, all of them below `ROOT`."""

PAGE = 2000


@dataclass(frozen=True)
class RecordRef:
    """A record, by its ids."""

    bucket_id: str
    collection_id: str
    rid: str

    @property
    def bucket_uri(self) -> str:
        return f"/buckets/{self.bucket_id}"

    @property
    def collection_uri(self) -> str:
        return f"{self.bucket_uri}/collections/{self.collection_id}"

    @property
    def uri(self) -> str:
        return f"{self.collection_uri}/records/{self.rid}"


def parent_of(collection_uri: str) -> str:
    """The list of the links of a collection."""
    return f"{ROOT}{collection_uri}"


def find_link(storage: Any, record: RecordRef, name: str) -> dict[str, Any] | None:
    """The link of an attachment."""
    key = (RESOURCE, parent_of(record.collection_uri), f"{record.rid}/{name}")
    found: dict[str, Any] | None = storage.get_many([key])[0]
    return found


def find_links(storage: Any, record: RecordRef, names: Iterable[str]) -> list[dict[str, Any]]:
    """Those links that exist, of several attachments."""
    parent = parent_of(record.collection_uri)
    keys = [(RESOURCE, parent, f"{record.rid}/{name}") for name in names]
    return [link for link in storage.get_many(keys) if link is not None]


def put_link(storage: Any, record: RecordRef, name: str, link: dict[str, Any]) -> None:
    """Make the file of `link["location"]` the one of an attachment; `link` is told which."""
    parent, link_id = parent_of(record.collection_uri), f"{record.rid}/{name}"
    link |= {
        "id": link_id,
        "name": name,
        "bucket_uri": record.bucket_uri,
        "collection_uri": record.collection_uri,
        "record_uri": record.uri,
    }
    storage.update(RESOURCE, parent, link_id, dict(link))


def drop_link(storage: Any, link: dict[str, Any]) -> None:
    """Remove a link, without trace."""
    parent = parent_of(link["collection_uri"])
    try:
        storage.delete(RESOURCE, parent, link["id"], with_deleted=False)
    except (ObjectNotFoundError, RecordNotFoundError):
        pass


def links_below(storage: Any, uri: str) -> list[dict[str, Any]]:
    """All links of a collection, or of a bucket."""
    lists = [parent_of(uri)] if "/collections/" in uri else [f"{parent_of(uri)}/*"]
    return [link for parent in lists for link in _pages(storage, RESOURCE, parent)]


def all_links(storage: Any) -> Iterator[dict[str, Any]]:
    """Every link, those of the published plugin included (they have no `name`)."""
    yield from _pages(storage, RESOURCE, f"{ROOT}/*")
    for resource in LEGACY:
        yield from _pages(storage, resource, ROOT)


def _pages(storage: Any, resource: str, parent: str) -> Iterator[dict[str, Any]]:
    rules = None
    while True:
        page = storage.list_all(
            resource,
            parent,
            sorting=[Sort("location", 1)],
            pagination_rules=rules,
            limit=PAGE,
        )
        yield from page
        if len(page) < PAGE:
            return
        rules = [[Filter("location", page[-1]["location"], COMPARISON.GT)]]
