"""Pyramid events, sent to subscribers that are looked up once for each kind of event.

Looking subscribers up costs more than most of them do, and a request sends a handful of events.
"""

from __future__ import annotations

from typing import Any

from zope.interface import implementedBy, providedBy

_MOST_KINDS = 256


class Notifier:
    """Stands in for `registry.notify` once an application is made."""

    def __init__(self, registry: Any) -> None:
        self._usual = registry.notify
        self._adapters = registry.adapters
        # Changes whenever somebody subscribes.
        self._generation = registry.adapters._generation
        self._heard: dict[Any, tuple[Any, ...]] = {}

    def __call__(self, *events: Any) -> None:
        if len(events) != 1:
            self._usual(*events)
            return
        for subscriber in self.subscribers_of(providedBy(events[0])):
            subscriber(events[0])

    def subscribers_of(self, specification: Any) -> tuple[Any, ...]:
        """Who is called for events of this specification (`providedBy(event)`)."""
        heard = self._heard
        if self._adapters._generation != self._generation:
            heard.clear()
            self._generation = self._adapters._generation
        found = heard.get(specification)
        if found is None:
            if len(heard) >= _MOST_KINDS:  # Kinds may be made at run time.
                heard.clear()
            found = tuple(self._adapters.subscriptions([specification], None))
            heard[specification] = found
        return found


def is_heard(registry: Any, kind: type) -> bool:
    """Whether anybody subscribed to events of a class."""
    return bool(subscribers_of(registry, kind))


def subscribers_of(registry: Any, kind: type) -> Any:
    """Who subscribed to events of a class."""
    specification = implementedBy(kind)
    notifier = vars(registry).get("notify")
    if isinstance(notifier, Notifier):
        return notifier.subscribers_of(specification)
    return registry.adapters.subscriptions([specification], None)
