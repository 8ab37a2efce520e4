"""Stacking events while a request runs, sending them before the commit and again after it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

from pyramid.tweens import EXCVIEW

from kinto.core.events.collector import EventCollector
from kinto.core.events.kinds import (
    ACTIONS,
    AfterResourceChanged,
    AfterResourceRead,
    ResourceChanged,
    ResourceRead,
)
from kinto.core.http.lookup import quoted_path, strip_uri_prefix
from kinto.core.http.notifying import is_heard

logger = logging.getLogger(__name__)

STACK = "resource_events"
"""Key of the collector in `request.bound_data`."""


def notify_resource_event(
    request: Any,
    parent_id: str,
    timestamp: int,
    data: Any,
    action: ACTIONS,
    old: Any = None,
    resource_name: str | None = None,
    resource_data: dict[str, Any] | None = None,
) -> None:
    """Stack an event; subscribers are called when the main request has its response.

    Args:
        parent_id: URI holding the objects.
        timestamp: of the list, in milliseconds.
        data: one object, or a list of them for READ and DELETE (tombstones).
        action: member of `ACTIONS`.
        old: what `data` replaces; a list of the same length when `data` is one.
        resource_name: by default the one of the current service.
        resource_data: identifiers for the payload, by default those of the matched URL.
    """
    if action is ACTIONS.READ and not has_readers(request.registry):
        return
    if resource_name is None:
        resource_name = request.current_resource_name
    collector = request.bound_data.get(STACK)
    if collector is None:
        collector = request.bound_data[STACK] = EventCollector()
    payload = {
        "timestamp": timestamp,
        "action": action.value,
        "uri": strip_uri_prefix(quoted_path(request)),
        "user_id": request.prefixed_userid,
        "resource_name": resource_name,
    }
    identifiers = request.matchdict if resource_data is None else resource_data
    for name, value in dict(identifiers or {}).items():
        payload[f"{resource_name}_id" if name == "id" else name] = value
    impacted = _impacted(action, data, old)
    collector.add_event(resource_name, parent_id, action, payload, impacted, request)


def may_join_event(caller: Any, resource_name: str, parent_id: str, action: ACTIONS) -> bool:
    """Whether an event is stacked that tells of such a change by the same caller.

    Args:
        caller: a request, or what stands for one.
    """
    collector = caller.bound_data.get(STACK)
    return collector is not None and collector.has_waiting(
        resource_name, parent_id, action, caller.prefixed_userid
    )


def join_event(
    caller: Any,
    resource_name: str,
    *,
    parent_id: str,
    timestamp: int,
    data: Any,
    action: ACTIONS,
    old: Any = None,
) -> None:
    """Have the event that `may_join_event` found tell of one more change.

    Its payload and its request stay those of the first change, so none is needed here.
    """
    payload = {"user_id": caller.prefixed_userid}
    impacted = _impacted(action, data, old)
    caller.bound_data[STACK].add_event(resource_name, parent_id, action, payload, impacted, None)


def get_resource_events(request: Any, after_commit: bool = False) -> Iterator[Any]:
    """Take the stacked events out, as objects to notify. To be consumed entirely.

    Args:
        after_commit: False for those of this transaction; they are kept, merged, for the second
            time, when it is True.
    """
    collector = request.bound_data.get(STACK)
    if collector is None:
        return
    if after_commit:
        for event in collector.take_sent():
            is_read = event.action == ACTIONS.READ
            kind: Any = AfterResourceRead if is_read else AfterResourceChanged
            yield kind(event.payload, event.impacted, event.request)
        return
    for event in collector.drain():
        collector.remember(event)
        before: Any = ResourceRead if event.action == ACTIONS.READ else ResourceChanged
        yield before(event.payload, event.impacted, event.request)


def dispatch_pending(request: Any) -> None:
    """Notify now what is stacked, and what subscribers stack meanwhile.

    Raises:
        Exception: whatever a subscriber raises; the unit of work has then to be undone.
    """
    if STACK in request.bound_data:
        notify = request.registry.notify
        for event in request.get_resource_events():
            notify(event)


def notify_resource_events_before(
    handler: Callable[[Any], Any], registry: Any
) -> Callable[[Any], Any]:
    """Tween: notify once the main request has its response, inside its transaction.

    It stands under the exception views, so that what a subscriber raises becomes the answer.
    """

    def tween(request: Any) -> Any:
        response = handler(request)
        if STACK in request.bound_data:
            dispatch_pending(request)
            if is_heard(registry, AfterResourceChanged) or is_heard(registry, AfterResourceRead):
                after_commit = request.tm.get().addAfterCommitHook
                after_commit(notify_resource_events_after, args=(request,))
        return response

    return tween


def notify_resource_events_after(success: bool, request: Any) -> None:
    """After-commit hook: the answer is decided, so failures are only logged."""
    if not success or STACK not in request.bound_data:
        return
    for event in request.get_resource_events(after_commit=True):
        try:
            request.registry.notify(event)
        except Exception:
            logger.error("Unable to notify", exc_info=True)


def setup_transaction_hook(config: Any) -> None:
    """Start-up step: send the events before and after commit."""
    config.add_tween("kinto.core.events.notify_resource_events_before", under=EXCVIEW)


def has_readers(registry: Any) -> bool:
    """Whether anybody listens to reads: most servers have nobody, and reads are most requests."""
    return is_heard(registry, ResourceRead) or is_heard(registry, AfterResourceRead)


def _impacted(action: ACTIONS, data: Any, old: Any) -> list[Any]:
    if action is ACTIONS.READ:
        return list(data) if isinstance(data, list) else [data]
    if action is ACTIONS.CREATE:
        return [{"new": data}]
    if action is ACTIONS.DELETE and isinstance(data, list):
        return [{"new": new, "old": before} for new, before in zip(data, old, strict=False)]
    return [{"new": data, "old": old}]
