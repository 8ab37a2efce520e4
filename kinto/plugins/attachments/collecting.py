"""Garbage: files that no record has, links to records that are gone, uploads nobody finished.

A file may be between its arrival and its commit, so nothing younger than a grace time is
touched. Files are listed first, then unfinished uploads, then links: whatever becomes linked
meanwhile is seen as one or the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import transaction

from kinto.core.runtime import clock
from kinto.core.storage import Sort
from kinto.core.transactions import begin_unit
from kinto.plugins.attachments import following, links, unfinished
from kinto.plugins.attachments.attaching import present_names

PAGE = 500


@dataclass
class Collected:
    """What was removed, or would be.

    Attributes:
        kept: files without link that stay, because some collection keeps old files.
    """

    files: int = 0
    bytes: int = 0
    links: int = 0
    uploads: int = 0
    drafts: int = 0
    kept: int = 0


def collect(
    registry: Any,
    *,
    grace_seconds: int,
    dry_run: bool = False,
    looked_at: Callable[[int], None] = lambda number: None,
) -> Collected:
    """Remove garbage that is older than the grace time.

    Args:
        looked_at: told how many more files and links were looked at.
    """
    before_ms = clock.now_ms() - grace_seconds * 1000
    done = Collected()
    stored = []
    for file in registry.attachments_store.files():
        looked_at(1)
        if file.modified_ms < before_ms:
            stored.append(file)
    _drop_uploads(registry, before_ms, done, dry_run=dry_run)
    linked = set()
    for page in _pages(links.all_links(registry.storage)):
        looked_at(len(page))
        linked.update(link["location"].lstrip("/") for link in page)
        _drop_links(registry, page, before_ms, done, dry_run=dry_run)
    for file in stored:
        if file.path in linked:
            continue
        if registry.attachments_rules.keeps_some():
            done.kept += 1
            continue
        done.files += 1
        done.bytes += file.size
        if not dry_run:
            registry.attachments_store.delete(file.path)
    return done


def _drop_uploads(registry: Any, before_ms: int, done: Collected, *, dry_run: bool) -> None:
    storage = registry.storage
    keep: set[str] = set()
    rows = storage.list_all(unfinished.RESOURCE, f"{unfinished.ROOT}/*", sorting=[Sort("id", 1)])
    for row in rows:
        if row["last_modified"] >= before_ms:
            keep |= {row["draft"]["id"], str(row["draft"].get("upload_id"))}
            continue
        done.uploads += 1
        if not dry_run:
            unfinished.forget(storage, row)
    if not dry_run:
        store = registry.attachments_store
        done.drafts = store.forget_drafts(before_ms=before_ms, keep=frozenset(keep))


def _drop_links(
    registry: Any, page: list[dict[str, Any]], before_ms: int, done: Collected, *, dry_run: bool
) -> None:
    """Remove old links whose record is gone, or has this attachment no more."""
    storage = registry.storage
    ours = [link for link in page if "name" in link and link["last_modified"] < before_ms]
    keys = [_record_key(link) for link in ours]
    for link, record in zip(ours, storage.get_many(keys), strict=True):
        if link["name"] in present_names(record):
            continue
        done.links += 1
        if not dry_run:
            _drop_link(registry, link)


def _drop_link(registry: Any, link: dict[str, Any]) -> None:
    """Look once more, under the lock of the record's list, before the link and its file go."""
    storage = registry.storage
    with transaction.manager as txn:
        begin_unit(txn)
        storage.lock_parent("record", link["collection_uri"])
        if link["name"] in present_names(storage.get_many([_record_key(link)])[0]):
            return
        links.drop_link(storage, link)
    if not registry.attachments_rules.keeps_some():
        following.delete_unless_linked(storage, registry.attachments_store, link)


def _record_key(link: dict[str, Any]) -> tuple[str, str, str]:
    return "record", link["collection_uri"], link["record_uri"].rpartition("/")[2]


def _pages(found: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    page: list[dict[str, Any]] = []
    for link in found:
        page.append(link)
        if len(page) == PAGE:
            yield page
            page = []
    if page:
        yield page
