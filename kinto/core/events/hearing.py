"""Who would be told of a change? Asked before an event is made: most changes are told to nobody,
because the subscribers that every server has listen to some resources and actions only."""

from __future__ import annotations

from typing import Any, NamedTuple

from zope.interface import implementedBy

from kinto.core.events.kinds import ACTIONS, AfterResourceChanged, ResourceChanged
from kinto.core.events.predicates import EventActionFilter, EventResourceFilter

_KINDS = (ResourceChanged, AfterResourceChanged)
_OURS = (EventActionFilter, EventResourceFilter)
_Answers = dict[tuple[str, ACTIONS], bool]


class _Probe(NamedTuple):
    """As much of an event as the predicates of this package look at."""

    payload: dict[str, str]


def is_told(registry: Any, resource_name: str, action: ACTIONS) -> bool:
    """Whether anybody may hear of this action on objects of this resource.

    Subscribers whose predicates are not those of this package, or not known, may hear of all.
    """
    # The generation changes whenever somebody subscribes.
    generation = registry.adapters._generation
    known: tuple[Any, _Answers] | None = vars(registry).get("_told")
    if known is None or known[0] != generation:
        known = registry._told = (generation, {})
    answers = known[1]
    key = (resource_name, action)
    if key not in answers:
        answers[key] = _may_be_told(registry, *key)
    return answers[key]


def _may_be_told(registry: Any, resource_name: str, action: ACTIONS) -> bool:
    predicates = {
        id(item["introspectable"].get("derived_subscriber")): item["introspectable"]["predicates"]
        for item in registry.introspector.get_category("subscribers", ())
        if "predicates" in item["introspectable"]
    }
    probe = _Probe({"resource_name": resource_name, "action": action.value})
    return any(
        all(type(each) not in _OURS or each(probe) for each in predicates.get(id(subscriber), ()))
        for kind in _KINDS
        for subscriber in registry.adapters.subscriptions([implementedBy(kind)], None)
    )
