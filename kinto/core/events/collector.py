"""Events waiting to be sent: one for each resource, parent, action and user.

A collector belongs to a unit of work (a request, or a batch with its sub-requests). It can go
back to a mark, so that a sub-request that is undone leaves no event.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from kinto.core.events.kinds import ACTIONS


class Waiting(NamedTuple):
    """One event to send."""

    level: int
    resource_name: str
    parent_id: str
    action: Any
    payload: dict[str, Any]
    impacted: list[Any]
    request: Any


Key = tuple[int, str, str, Any, Any]


class Mark(NamedTuple):
    """A moment in the life of a collector."""

    waiting: int
    sent: int
    level: int


class _Merging:
    """Events merged by key, in order of arrival, and the journal that undoes the merges.

    Args:
        are_known: subscribers may hold the lists of these events, so a merge makes a new one.
    """

    def __init__(self, *, are_known: bool = False) -> None:
        self._are_known = are_known
        self.events: dict[Key, Waiting] = {}
        # Key, number of objects added, whether the addition made the event.
        self._journal: list[tuple[Key, int, bool]] = []
        self._forgotten = 0

    def add(self, event: Waiting) -> None:
        # What two users did is not told as the deed of one.
        key: Key = (*event[:4], event.payload.get("user_id"))
        known = self.events.get(key)
        count = len(event.impacted)
        if known is None:
            self.events[key] = event
        elif self._are_known:
            self.events[key] = known._replace(impacted=known.impacted + event.impacted)
        else:
            known.impacted.extend(event.impacted)
        self._journal.append((key, count, known is None))

    def pop(self) -> Waiting | None:
        """Take the oldest event out; it cannot be undone any more."""
        if not self.events:
            self._forgotten += len(self._journal)
            self._journal.clear()
            return None
        return self.events.pop(next(iter(self.events)))

    def mark(self) -> int:
        return self._forgotten + len(self._journal)

    def rollback_to(self, mark: int) -> None:
        while self._journal and self.mark() > mark:
            key, count, is_new = self._journal.pop()
            event = self.events.get(key)
            if event is None:
                continue
            if is_new:
                del self.events[key]
            else:
                del event.impacted[len(event.impacted) - count :]


class EventCollector:
    """The events of one unit of work.

    Args:
        cascade_level: level of the events to come. Events that subscribers cause belong to the
            next level, and are never merged with those that caused them.
    """

    def __init__(self, cascade_level: int = 1) -> None:
        self.cascade_level = cascade_level
        self._waiting = _Merging()
        self._sent = _Merging(are_known=True)
        # By identity, which lasts because the change is kept beside its place.
        self._order: dict[int, tuple[int, Any]] = {}

    def add_event(
        self,
        resource_name: str,
        parent_id: str,
        action: Any,
        payload: dict[str, Any],
        impacted: list[Any],
        request: Any,
    ) -> None:
        """Put an event behind those that wait, or merge it with the one of the same key.

        When merged, payload and request of the first one are kept.
        """
        # A list of its own: it grows with the merges, the caller's must not.
        objects = list(impacted)
        for change in objects:
            self._order[id(change)] = (len(self._order), change)
        self._waiting.add(
            Waiting(self.cascade_level, resource_name, parent_id, action, payload, objects, request)
        )

    def has_waiting(self, resource_name: str, parent_id: str, action: Any, user_id: Any) -> bool:
        """Whether an event waits with which one of these would be merged."""
        key: Key = (self.cascade_level, resource_name, parent_id, action, user_id)
        return key in self._waiting.events

    def order_of(self, change: Any) -> int:
        """Place of a changed object among all that happened in this unit."""
        place, _ = self._order.get(id(change), (len(self._order), None))
        return place

    def expects(self, resources: Collection[str]) -> bool:
        """Whether a change of one of these resources has still to be told."""
        return any(
            event.resource_name in resources and event.action is not ACTIONS.READ
            for event in self._waiting.events.values()
        )

    def drain(self) -> EventCollectorDrain:
        """Take the events out, oldest first, those added meanwhile included."""
        return EventCollectorDrain(self)

    def mark(self) -> Mark:
        """A moment to come back to with `rollback_to`."""
        return Mark(self._waiting.mark(), self._sent.mark(), self.cascade_level)

    def rollback_to(self, mark: Mark) -> None:
        """Forget what was added since, and what was sent since (nothing follows the commit)."""
        self._waiting.rollback_to(mark.waiting)
        self._sent.rollback_to(mark.sent)
        self.cascade_level = mark.level

    def next_event(self) -> Waiting | None:
        """Take one event out, or None. What is added from now on is caused by it."""
        event = self._waiting.pop()
        if event is not None:
            self.cascade_level = event.level + 1
        return event

    def remember(self, event: Waiting) -> None:
        """Keep an event that was sent, for after the commit. Levels do not count there."""
        self._sent.add(event._replace(level=0))

    def take_sent(self) -> Iterator[Waiting]:
        """Take out what was remembered, merged, oldest first."""
        while (event := self._sent.pop()) is not None:
            yield event


class EventCollectorDrain:
    """Iterator over the events of a collector, which it empties.

    Items are `(level, resource_name, parent_id, action, payload, impacted, request)`.
    """

    def __init__(self, event_collector: EventCollector) -> None:
        self.event_collector = event_collector

    def __iter__(self) -> EventCollectorDrain:
        return self

    def __next__(self) -> Waiting:
        event = self.event_collector.next_event()
        if event is None:
            raise StopIteration
        return event
