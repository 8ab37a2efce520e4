"""What happens to files when the transaction of a request ends, one way or the other.

Content cannot be undone, so nothing is deleted before the commit: an old file goes after it, a
new one goes when there is none. A process that dies in between leaves an orphan for `gc`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from kinto.plugins.attachments.links import RESOURCE, parent_of
from kinto.plugins.attachments.stores.base import FileStore

logger = logging.getLogger(__name__)


def after_commit(request: Any, work: Callable[[], None]) -> None:
    """Run `work` once the request's transaction is committed."""
    _follow(request, work, committed=True)


def when_undone(request: Any, work: Callable[[], None]) -> None:
    """Run `work` if the request's transaction is undone, or cannot be committed."""
    _follow(request, work, committed=False)


def delete_after_commit(request: Any, link: dict[str, Any]) -> None:
    """Delete the file of a link, unless the link still has it after all.

    (The sub-request of a batch that removed it may have been undone alone.)
    """
    registry = request.registry

    def delete() -> None:
        delete_unless_linked(registry.storage, registry.attachments_store, link)

    after_commit(request, delete)


def delete_when_undone(request: Any, link: dict[str, Any]) -> None:
    """Delete the new file of a link if the transaction is undone.

    A connection lost at the commit leaves open whether it took place: the database is asked.
    """
    registry = request.registry

    def delete() -> None:
        if "id" in link:
            delete_unless_linked(registry.storage, registry.attachments_store, link)
        else:
            registry.attachments_store.delete(link["location"])

    when_undone(request, delete)


def delete_unless_linked(storage: Any, store: FileStore, link: dict[str, Any]) -> None:
    """Delete the file that a link had, when it is not the one it has now."""
    key = (RESOURCE, parent_of(link["collection_uri"]), link["id"])
    present = storage.get_many([key])[0]
    if present is None or present["location"] != link["location"]:
        store.delete(link["location"])


def _follow(request: Any, work: Callable[[], None], *, committed: bool) -> None:
    done = []

    def hook(success: bool = False) -> None:
        # A commit that fails calls both kinds of hooks.
        if success is committed and not done:
            done.append(True)
            try:
                work()
            except Exception:
                logger.exception("A file is left to `kinto attachments gc`.")

    transaction = request.tm.get()
    transaction.addAfterCommitHook(hook)
    if not committed:
        transaction.addAfterAbortHook(hook)
