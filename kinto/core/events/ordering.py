"""The changes of a unit of work as they happened, for subscribers that keep a record of them.

Events are merged by resource, parent, action and user, so that what a batch did comes grouped: an
object made, deleted and made again is told as two creations, then a deletion.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple

from kinto.core.events.dispatch import STACK


class Change(NamedTuple):
    """One changed object: the event that told of it, `new` and `old`, and what was noted."""

    event: Any
    impacted: dict[str, Any]
    noted: Any = None


def changes_in_order(
    event: Any,
    *,
    resources: Collection[str],
    reader: str,
    note: Callable[[Any], Sequence[Any]] | None = None,
) -> list[Change]:
    """Return the changes of a unit in the order in which they happened, at its last event.

    To be called with each event: the answer is empty until the last one, which brings them all.
    Events that subscribers cause come after those that caused them.

    Args:
        event: a `ResourceChanged`.
        resources: those whose events the subscriber gets.
        reader: name of the subscriber, who is the only one to use it.
        note: what has to be known at the moment of an event, called with it: something for each
            of its objects. What an event brings about (a cascade) may take it away.
    """
    noted = [None] * len(event.impacted_objects) if note is None else note(event)
    changes = [Change(event, *pair) for pair in zip(event.impacted_objects, noted, strict=True)]
    bound_data = getattr(event.request, "bound_data", None)
    collector = None if bound_data is None else bound_data.get(STACK)
    if collector is None:
        return changes  # Told by hand, outside of any unit.
    kept: list[Change] = bound_data.setdefault(f"changes_of_{reader}", [])
    kept += changes
    if collector.expects(resources):
        return []
    del bound_data[f"changes_of_{reader}"]
    return sorted(kept, key=lambda change: collector.order_of(change.impacted))
