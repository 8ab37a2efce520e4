"""What is done at the start and at the end of every request, called one after the other.

One subscriber of Pyramid's events runs them all: looking up subscribers and their predicates for
each would take longer than what most of them do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyramid.events import NewRequest, NewResponse


def at_start(config: Any, step: Callable[[Any], None]) -> None:
    """Have `step(request)` called for each request, sub-requests included."""
    registry = config.registry
    if "steps_at_start" not in vars(registry):
        steps = registry.steps_at_start = []

        def run(event: Any) -> None:
            request = event.request
            for each in steps:
                each(request)

        vars(run)["steps"] = steps
        config.add_subscriber(run, NewRequest)
    registry.steps_at_start.append(step)


def at_end(config: Any, step: Callable[[Any, Any], None]) -> None:
    """Have `step(request, response)` called for each response."""
    registry = config.registry
    if "steps_at_end" not in vars(registry):
        steps = registry.steps_at_end = []

        def run(event: Any) -> None:
            request, response = event.request, event.response
            for each in steps:
                each(request, response)

        vars(run)["steps"] = steps
        config.add_subscriber(run, NewResponse)
    registry.steps_at_end.append(step)
