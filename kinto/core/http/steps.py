"""What is done at the start and at the end of every request, called one after the other.

One subscriber of Pyramid's events runs them all: looking up subscribers and their predicates for
each would take longer than what most of them do. Where it is the only subscriber, the folded
router (`kinto.core.initialization.router`) runs the steps itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyramid.events import NewRequest, NewResponse


class Steps(list[Any]):
    """Functions, called in this order.

    Attributes:
        run: the subscriber that calls them.
    """

    run: Callable[[Any], None]


def at_start(config: Any, step: Callable[[Any], None]) -> None:
    """Have `step(request)` called for each request, sub-requests included."""
    registry = config.registry
    if "steps_at_start" not in vars(registry):
        steps = registry.steps_at_start = Steps()

        def run(event: Any) -> None:
            request = event.request
            for each in steps:
                each(request)

        vars(run)["steps"] = steps
        steps.run = run
        config.add_subscriber(run, NewRequest)
    registry.steps_at_start.append(step)


def at_end(config: Any, step: Callable[[Any, Any], None]) -> None:
    """Have `step(request, response)` called for each response."""
    registry = config.registry
    if "steps_at_end" not in vars(registry):
        steps = registry.steps_at_end = Steps()

        def run(event: Any) -> None:
            request, response = event.request, event.response
            for each in steps:
                each(request, response)

        vars(run)["steps"] = steps
        steps.run = run
        config.add_subscriber(run, NewResponse)
    registry.steps_at_end.append(step)
