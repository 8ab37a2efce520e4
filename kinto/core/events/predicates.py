"""Subscriber predicates: which actions, which resources."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kinto.core.events.kinds import ACTIONS


class EventActionFilter:
    """`for_actions=`: members of `ACTIONS` or their values. Events without action pass."""

    def __init__(self, actions: Iterable[ACTIONS | str], config: Any) -> None:
        self.actions = frozenset(member.value for member in ACTIONS.from_string_list(actions))

    def phash(self) -> str:
        return f"for_actions = {','.join(sorted(self.actions))}"

    text = phash

    def __call__(self, event: Any) -> bool:
        action = event.payload.get("action")
        return not action or action in self.actions


class EventResourceFilter:
    """`for_resources=`: names; none means all. Events without resource name pass."""

    def __init__(self, resources: Iterable[str], config: Any) -> None:
        self.resources = tuple(resources)

    def phash(self) -> str:
        return f"for_resources = {','.join(self.resources)}"

    text = phash

    def __call__(self, event: Any) -> bool:
        name = event.payload.get("resource_name")
        return not name or not self.resources or name in self.resources
