"""Who wants to see every request? Asked before something is answered without making a request of
it, as are the usual items of a batch.

A subscriber or a step that has no use for these says so with `cares_for_items`; whoever says
nothing is shown everything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from pyramid.events import BeforeRender, BeforeTraversal, ContextFound, NewRequest, NewResponse

from kinto.core.http.notifying import is_heard, subscribers_of

F = TypeVar("F", bound=Callable[..., Any])

_MARK = "_cares_for_items"


def cares_for_items(
    *, whose_path_has: str | None = None, if_: Callable[[Any], bool] | None = None
) -> Callable[[F], F]:
    """Decorator of a subscriber or step: items are no matter for it, apart from these.

    An item is read or written by its caller, with a path that needs no decoding and ends with an
    id or with the name of a list; nothing but a success is answered without a request.

    Args:
        whose_path_has: a text in the path.
        if_: function of the registry.
    """

    def mark(function: F) -> F:
        vars(function)[_MARK] = (whose_path_has, if_)
        return function

    return mark


def texts_of_interest(registry: Any) -> frozenset[str] | None:
    """Texts that make an item interesting when they are in its path; None if all items are."""
    if is_heard(registry, BeforeTraversal) or is_heard(registry, ContextFound):
        return None
    if is_heard(registry, BeforeRender):
        return None
    found: set[str] = set()
    for kind in (NewRequest, NewResponse):
        if not _collect(registry, subscribers_of(registry, kind), found):
            return None
    return frozenset(found)


def _collect(registry: Any, functions: Iterable[Any], found: set[str]) -> bool:
    """Add the texts of some subscribers or steps; False if one of them cares for all."""
    for function in functions:
        attributes = getattr(function, "__dict__", {})
        if "steps" in attributes:
            if not _collect(registry, attributes["steps"], found):
                return False
            continue
        if _MARK not in attributes:
            return False
        text, condition = attributes[_MARK]
        if condition is not None and condition(registry):
            return False
        if text is not None:
            found.add(text)
    return True
