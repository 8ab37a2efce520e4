"""What is to be delivered, what waits for another attempt, and what was given up: in the storage.

Each collection (with its records), and each bucket (with its groups), has a list of its own for
each hook, so that writers meet nobody whom they do not meet anyway. The timestamps of a list are
its order. No URL leads here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kinto.core.runtime import clock, units
from kinto.core.storage import Filter, Sort
from kinto.core.storage.exceptions import ObjectNotFoundError
from kinto.core.utils import COMPARISON

EVENTS = "webhook"
TROUBLES = "webhook-trouble"
DEAD = "webhook-dead"

ROOT = "/webhooks"


def place_of(hook: str) -> str:
    """Parent id of what belongs to a hook."""
    return f"{ROOT}/{hook}"


def list_of(hook: str, *, bucket_id: str, collection_id: str | None) -> str:
    """Parent id of the list that keeps the changes of a collection, or of a bucket, in order."""
    below = "" if collection_id is None else f"/collections/{collection_id}"
    return f"{place_of(hook)}/buckets/{bucket_id}{below}"


def add(storage: Any, list_id: str, event: dict[str, Any]) -> None:
    """Put an event at the end of a list, in the current unit of work."""
    storage.lock_parent(EVENTS, list_id)
    noted = {"id": event["id"], "noted_at": clock.now_ms(), "event": event}
    storage.create(EVENTS, list_id, noted)


def lists(storage: Any, hook: str) -> dict[str, int]:
    """The lists of a hook with their timestamps, which change with every event."""
    prefix = f"{place_of(hook)}/"
    found = storage.all_resources_timestamps(EVENTS)
    return {list_id: stamp for list_id, stamp in found.items() if list_id.startswith(prefix)}


def oldest(storage: Any, list_id: str, *, limit: int) -> list[dict[str, Any]]:
    """The events at the head of a list, each with the moment of its noting."""
    return list(storage.list_all(EVENTS, list_id, sorting=[Sort("last_modified", 1)], limit=limit))


def remove(storage: Any, list_id: str, ids: Sequence[str]) -> None:
    """Take delivered events out of a list."""
    by_id = [Filter("id", list(ids), COMPARISON.IN)]
    storage.delete_all(EVENTS, list_id, filters=by_id, with_deleted=False)


def forget(storage: Any, list_id: str) -> None:
    """Forget a list that is empty, so that deleted collections leave nothing for ever."""
    with units.unit_of_work():
        storage.lock_parent(EVENTS, list_id)
        if not storage.count_all(EVENTS, list_id):
            storage.purge_deleted(None, list_id)


# -- lists in trouble ---------------------------------------------------------------------------


def troubles(storage: Any, hook: str) -> dict[str, dict[str, Any]]:
    """What is known of the lists whose last delivery was refused, by list."""
    found = storage.list_all(TROUBLES, place_of(hook))
    return {item["list"]: item for item in found}


def note_trouble(storage: Any, hook: str, trouble: dict[str, Any]) -> None:
    """Keep how often, and why, a list was refused. `trouble` has its `list`, and an `id`."""
    storage.update(TROUBLES, place_of(hook), trouble["id"], trouble)


def end_trouble(storage: Any, hook: str, trouble: dict[str, Any]) -> None:
    """A list is delivered again."""
    try:
        storage.delete(TROUBLES, place_of(hook), trouble["id"], with_deleted=False)
    except ObjectNotFoundError:
        return


# -- dead letters -------------------------------------------------------------------------------


def give_up(storage: Any, hook: str, list_id: str, entry: dict[str, Any], *, reason: str) -> None:
    """Put an event aside, so that those behind it come to their turn."""
    letter = {"id": entry["id"], "list": list_id, "event": entry["event"], "reason": reason}
    with units.unit_of_work():
        storage.lock_parent(EVENTS, list_id)
        storage.update(DEAD, place_of(hook), entry["id"], letter)
        remove(storage, list_id, [entry["id"]])


def dead_letters(storage: Any, hook: str, *, ids: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The dead letters of a hook, oldest first; `ids`: only these."""
    filters = [Filter("id", list(ids), COMPARISON.IN)] if ids else None
    return list(
        storage.list_all(DEAD, place_of(hook), filters=filters, sorting=[Sort("last_modified", 1)])
    )


def retry(storage: Any, hook: str, *, ids: Sequence[str] = ()) -> int:
    """Put dead letters at the end of their lists again; returns how many."""
    letters = dead_letters(storage, hook, ids=ids)
    for letter in letters:
        with units.unit_of_work():
            add(storage, letter["list"], letter["event"])
            storage.delete(DEAD, place_of(hook), letter["id"], with_deleted=False)
    return len(letters)


def drop(storage: Any, hook: str, *, ids: Sequence[str] = ()) -> int:
    """Remove dead letters for good; returns how many."""
    filters = [Filter("id", list(ids), COMPARISON.IN)] if ids else None
    return len(storage.delete_all(DEAD, place_of(hook), filters=filters, with_deleted=False))
