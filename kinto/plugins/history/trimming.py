"""Keeping about so many entries of each kind in a bucket, and none older than so many days.

How many there are is counted once, and kept in the storage: from then on only what came since is
counted, and what is removed is looked for where the last removal ended. Neither grows with the
history. All of it happens under the lock of the history of the bucket.
"""

from __future__ import annotations

import logging
from typing import Any

from kinto.core.runtime import clock
from kinto.core.storage import Filter, Sort
from kinto.core.utils import COMPARISON
from kinto.plugins.history.settings import HistorySettings, history_settings

logger = logging.getLogger("kinto.plugins.history")

RESOURCE_NAME = "history-trimming"
STATE_ID = "state"

AT_ONCE = 200
"""Entries removed in one go; they are read first."""
PASSES = 10
"""How often a single write does so: what is left is for the next one."""

_KNOWN = 10_000
"""Lists of which a process remembers how far they are from being trimmed."""
_AGE_SECONDS = 60.0
_DAY_MS = 86_400_000


def trim(
    request: Any, bucket_uri: str, *, resource_name: str, user_id: str | None, added: int
) -> None:
    """Remove the oldest entries once there are too many, leaving no tombstones.

    Entries are counted again when this process has added half of what was missing to the limit:
    other processes add, too.

    Args:
        added: entries that were just written.
    """
    registry = request.registry
    settings = history_settings(registry)
    storage = registry.storage
    if settings.auto_trim_max_age_days > 0 and _is_time(registry, bucket_uri):
        trim_by_age(storage, settings, bucket_uri)
    if settings.auto_trim_max_count <= 0:
        if settings.auto_trim_max_age_days <= 0:
            logger.info("Trimming of old history entries is not enabled.")
        return
    if settings.auto_trim_user_ids and user_id not in settings.auto_trim_user_ids:
        logger.info(
            "No old history to trim for %r on %r in %r.", user_id, resource_name, bucket_uri
        )
        return
    user_id = user_id if settings.auto_trim_user_ids else None
    margins: dict[Any, int] = vars(registry).setdefault("history_margins", {})
    key = (bucket_uri, resource_name, user_id)
    margins[key] = margins.get(key, 0) - added
    if margins[key] >= 0:
        return
    excess = trim_by_count(storage, settings, bucket_uri, kind=resource_name, user_id=user_id)
    if len(margins) > _KNOWN:
        margins.clear()
    margins[key] = (settings.auto_trim_threshold - excess) // 2


def trim_by_count(
    storage: Any, settings: HistorySettings, bucket_uri: str, *, kind: str, user_id: str | None
) -> int:
    """Leave `auto_trim_max_count` entries of a kind; returns how many more there are.

    Args:
        kind: resource name of the entries.
        user_id: only entries of this user, or None for those of all.
    """
    maximum = settings.auto_trim_max_count
    filters = [Filter("resource_name", kind, COMPARISON.EQ)]
    if user_id is not None:
        filters.append(Filter("user_id", user_id, COMPARISON.EQ))
    state = read_state(storage, bucket_uri)
    counted = state["counts"].setdefault(f"{kind} {user_id or ''}", {"count": 0, "since": -1})
    newer = Filter("last_modified", counted["since"], COMPARISON.GT)
    added = storage.count_all("history", bucket_uri, filters=[*filters, newer])
    counted["count"] += added
    counted["since"] = storage.resource_timestamp("history", bucket_uri)
    excess = counted["count"] - maximum
    if excess <= settings.auto_trim_threshold and added <= AT_ONCE:
        return max(excess, 0)  # So few are counted again sooner than the count is kept.
    if excess > settings.auto_trim_threshold:
        started = clock.monotonic()
        gone = _remove_oldest(
            storage, bucket_uri, filters, most=excess, after=counted.get("removed", -1)
        )
        if gone:
            counted["removed"] = gone[-1]["last_modified"]
            state["horizon"] = max(state["horizon"], counted["removed"])
        counted["count"] -= len(gone)
        if len(gone) < min(excess, AT_ONCE * PASSES):
            counted["count"] = maximum  # somebody removed entries behind our back
        seconds = clock.monotonic() - started
        logger.info("Trimmed %s old history entries, in %.3f seconds.", len(gone), seconds)
    _keep_state(storage, bucket_uri, state)
    return max(int(counted["count"]) - maximum, 0)


def trim_by_age(storage: Any, settings: HistorySettings, bucket_uri: str) -> int:
    """Remove entries that are older than `auto_trim_max_age_days`; returns how many."""
    limit = clock.now_ms() - round(settings.auto_trim_max_age_days * _DAY_MS)
    filters = [Filter("last_modified", limit, COMPARISON.LT)]
    users = settings.auto_trim_user_ids
    if users:
        filters.append(Filter("user_id", list(users), COMPARISON.IN))
    state = read_state(storage, bucket_uri)
    # Entries of others stay, and need not be looked at again.
    after = state["aged"] if users else -1
    gone = _remove_oldest(storage, bucket_uri, filters, most=AT_ONCE * PASSES, after=after)
    if gone:
        state["aged"] = gone[-1]["last_modified"]
        state["horizon"] = max(state["horizon"], state["aged"])
        for entry in gone:
            for user_id in ("", entry["user_id"]):
                counted = state["counts"].get(f"{entry['resource_name']} {user_id}")
                if counted and entry["last_modified"] <= counted["since"]:
                    counted["count"] = max(counted["count"] - 1, 0)
        _keep_state(storage, bucket_uri, state)
        logger.info("Trimmed %s history entries for their age.", len(gone))
    return len(gone)


def on_history_deleted(event: Any) -> None:
    """Subscriber: entries were deleted by request, so that counts begin anew."""
    storage = event.request.registry.storage
    bucket_uri = f"/buckets/{event.payload['bucket_id']}"
    storage.lock_parent("history", bucket_uri)
    state = read_state(storage, bucket_uri)
    newest = max(change["old"]["last_modified"] for change in event.impacted_objects)
    state |= {"counts": {}, "horizon": max(state["horizon"], newest)}
    _keep_state(storage, bucket_uri, state)


def read_state(storage: Any, bucket_uri: str) -> dict[str, Any]:
    """What is known of the history of a bucket.

    `counts`: by kind and user, how many entries there are (`count`) up to a timestamp (`since`),
    and up to where they were removed; `aged`: up to where those too old were removed; `horizon`:
    the newest entry that was ever removed.
    """
    (found,) = storage.get_many([(RESOURCE_NAME, bucket_uri, STATE_ID)])
    known = {"counts": {}, "aged": -1, "horizon": -1, **(found or {})}
    return {name: known[name] for name in ("counts", "aged", "horizon")}


def _keep_state(storage: Any, bucket_uri: str, state: dict[str, Any]) -> None:
    storage.update(RESOURCE_NAME, bucket_uri, STATE_ID, state)


def _remove_oldest(
    storage: Any, bucket_uri: str, filters: list[Filter], *, most: int, after: int
) -> list[dict[str, Any]]:
    """Remove up to `most` of the oldest entries beyond a timestamp; returns what they were."""
    gone: list[dict[str, Any]] = []
    for _ in range(PASSES):
        beyond = [*filters, Filter("last_modified", after, COMPARISON.GT)]
        oldest = storage.list_all(
            "history",
            bucket_uri,
            filters=beyond,
            sorting=[Sort("last_modified", 1)],
            limit=min(most - len(gone), AT_ONCE),
        )
        if not oldest:
            break
        after = oldest[-1]["last_modified"]
        range_ = [*beyond, Filter("last_modified", after, COMPARISON.MAX)]
        storage.trim_objects("history", bucket_uri, range_, 0)
        kept = ("last_modified", "resource_name", "user_id")
        gone += [{name: entry.get(name) for name in kept} for entry in oldest]
        if len(gone) >= most:
            break
    return gone


def _is_time(registry: Any, bucket_uri: str) -> bool:
    """Whether this process has not looked at the age of these entries for a while."""
    looked: dict[str, float] = vars(registry).setdefault("history_ages", {})
    now = clock.monotonic()
    if now - looked.get(bucket_uri, -_AGE_SECONDS) < _AGE_SECONDS:
        return False
    if len(looked) > _KNOWN:
        looked.clear()
    looked[bucket_uri] = now
    return True
