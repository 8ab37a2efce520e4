"""Face: events of the resources."""

from kinto.core.events.collector import EventCollector, EventCollectorDrain
from kinto.core.events.dispatch import (
    dispatch_pending,
    get_resource_events,
    notify_resource_event,
    notify_resource_events_before,
    setup_transaction_hook,
)
from kinto.core.events.kinds import (
    ACTIONS,
    AfterResourceChanged,
    AfterResourceRead,
    ResourceChanged,
    ResourceRead,
)
from kinto.core.events.ordering import changes_in_order
from kinto.core.events.predicates import EventActionFilter, EventResourceFilter

__all__ = [
    "ACTIONS",
    "AfterResourceChanged",
    "AfterResourceRead",
    "EventActionFilter",
    "EventCollector",
    "EventCollectorDrain",
    "EventResourceFilter",
    "ResourceChanged",
    "ResourceRead",
    "changes_in_order",
    "dispatch_pending",
    "get_resource_events",
    "notify_resource_event",
    "notify_resource_events_before",
    "setup_transaction_hook",
]
