"""Pyramid events, sent to subscribers that are looked up once for each kind of event.

Looking subscribers up costs more than most of them do, and a request sends a handful of events.
"""

from __future__ import annotations

from types import CodeType
from typing import Any

from pyramid.config.adapters import AdaptersConfiguratorMixin
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
        self._by_kind: dict[type, tuple[Any, ...]] = {}
        self._alone: dict[type, Any] = {}

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
            self._forget()
        found = heard.get(specification)
        if found is None:
            if len(heard) >= _MOST_KINDS:  # Kinds may be made at run time.
                heard.clear()
            found = tuple(map(_plain, self._adapters.subscriptions([specification], None)))
            heard[specification] = found
        return found

    def hear(self, kind: type) -> tuple[Any, ...]:
        """Who is called for events of this class."""
        if self._adapters._generation == self._generation:
            found = self._by_kind.get(kind)
            if found is not None:
                return found
        found = self.subscribers_of(implementedBy(kind))
        if len(self._by_kind) >= _MOST_KINDS:
            self._by_kind.clear()
            self._alone.clear()
        self._by_kind[kind] = found
        self._alone[kind] = found[0] if len(found) == 1 else None
        return found

    def is_alone(self, kind: type, function: Any) -> bool:
        """Whether a function of an event is all that is called for events of this class."""
        if self._adapters._generation != self._generation or kind not in self._alone:
            self.hear(kind)
        return self._alone.get(kind) is function

    def _forget(self) -> None:
        self._heard.clear()
        self._by_kind.clear()
        self._alone.clear()
        self._generation = self._adapters._generation


def is_heard(registry: Any, kind: type) -> bool:
    """Whether anybody subscribed to events of a class."""
    notifier = registry.notify
    return bool(
        notifier.hear(kind) if type(notifier) is Notifier else subscribers_of(registry, kind)
    )


def subscribers_of(registry: Any, kind: type) -> Any:
    """Who subscribed to events of a class."""
    notifier = registry.notify
    if type(notifier) is Notifier:
        return notifier.hear(kind)
    return registry.adapters.subscriptions([implementedBy(kind)], None)


def is_heard_by_nobody_but(registry: Any, kind: type, function: Any) -> bool:
    """Whether a function is the only subscriber to events of a class, without predicates.

    False also where this cannot be known, before the application is made.
    """
    notifier = registry.notify
    return type(notifier) is Notifier and notifier.is_alone(kind, function)


def inner_code(function: Any, name: str) -> CodeType:
    """The code of a function that is made inside another one, to recognise it by.

    Raises:
        LookupError: there is none; the library is not the one we know.
    """
    for constant in function.__code__.co_consts:
        if isinstance(constant, CodeType) and constant.co_name == name:
            return constant
    raise LookupError(f"{function.__qualname__} has no {name}")


def enclosed(function: Any) -> dict[str, Any]:
    """What an inner function took from where it was made, by name."""
    cells = function.__closure__ or ()
    names = function.__code__.co_freevars
    return {name: cell.cell_contents for name, cell in zip(names, cells, strict=True)}


# What Pyramid puts around subscribers and predicates that take an event and nothing else, and
# around subscribers with predicates.
_SUBSCRIBER = inner_code(AdaptersConfiguratorMixin._derive_subscriber, "derived_subscriber")
_PREDICATED = inner_code(AdaptersConfiguratorMixin._derive_subscriber, "subscriber_wrapper")
_PREDICATE = inner_code(AdaptersConfiguratorMixin._derive_predicate, "derived_predicate")


def _plain(subscriber: Any) -> Any:
    """A subscriber of one event, without what Pyramid put around it."""
    code = getattr(subscriber, "__code__", None)
    if code is _SUBSCRIBER:
        return enclosed(subscriber)["subscriber"]
    if code is not _PREDICATED:
        return subscriber
    parts = enclosed(subscriber)
    notify = _plain(parts["derived_subscriber"])
    predicates = [_plain_predicate(predicate) for predicate in parts["predicates"]]

    def notify_if_all_hold(event: Any) -> None:
        for predicate in predicates:
            if not predicate(event):
                return
        notify(event)

    vars(notify_if_all_hold).update(getattr(notify, "__dict__", {}))
    return notify_if_all_hold


def _plain_predicate(predicate: Any) -> Any:
    if getattr(predicate, "__code__", None) is _PREDICATE:
        return enclosed(predicate)["predicate"]
    return predicate
