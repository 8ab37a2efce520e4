"""The views of a request, found at once and called without what Pyramid wraps around them.

Pyramid tries the views of a URL in turn, and each that does not fit raises an exception which is
a whole response; around each view stand functions that ask one question each. Here the views are
looked up for a method, and the questions whose answer is known are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyramid.config.views import MultiView, attr_wrapped_view, predicated_view
from pyramid.exceptions import PredicateMismatch
from pyramid.httpexceptions import HTTPForbidden
from pyramid.predicates import RequestMethodPredicate
from pyramid.view import _find_views
from pyramid.viewderivers import _secured_view

from kinto.core.http.notifying import enclosed, inner_code

View = Callable[[Any, Any], Any]

_NAMED = inner_code(attr_wrapped_view, "attr_view")
_PREDICATED = inner_code(predicated_view, "predicate_wrapper")
_SECURED = inner_code(_secured_view, "secured_view")
_PERMITTED = inner_code(_secured_view, "permitted")

_MOST_KNOWN = 2048


class ViewsByMethod:
    """The view of (request interface, interfaces of the context, method), looked up once.

    Every kind of request has one view, which may be several tried in turn.
    """

    def __init__(self, registry: Any) -> None:
        self._registry = registry
        # Pyramid makes a new one whenever a view is added.
        self._cache = registry._view_lookup_cache
        self._known: dict[Any, View | None] = {}

    def find(self, request_iface: Any, context_iface: Any, method: str) -> View | None:
        """The view; None when Pyramid has to find out itself."""
        if self._registry._view_lookup_cache is not self._cache:
            self._known.clear()
            self._cache = self._registry._view_lookup_cache
        key = (request_iface, context_iface, method)
        if key in self._known:
            return self._known[key]
        found = _find_views(self._registry, request_iface, context_iface, "")
        view = _view_for(found[0], method) if len(found) == 1 else None
        if len(self._known) < _MOST_KNOWN:  # Methods are chosen by clients.
            self._known[key] = view
        return view


def _view_for(view: Any, method: str) -> View | None:
    """One view instead of a view and all that stands around it, for requests of one method."""
    if not isinstance(view, MultiView):
        return _simplified(view, method)
    if view.accepts or type(view) is not MultiView:
        return None
    fitting = [each for _, each, _ in view.views if _serves(each, method)]
    return _in_turn([_simplified(each, method) for each in fitting], view.name)


def _in_turn(views: list[View], name: str) -> View:
    """The first of the views that fits the request, as `MultiView` chooses."""

    def try_in_turn(context: Any, request: Any) -> Any:
        for view in views:
            try:
                return view(context, request)
            except PredicateMismatch:
                continue
        raise PredicateMismatch(name)

    return try_in_turn


def _simplified(view: Any, method: str) -> View:
    """The same view, with less in between. What is not known stays as it is."""
    predicates: tuple[Any, ...] = ()
    if _code_of(view) is _NAMED:
        view = enclosed(view)["view"]
    if _code_of(view) is _PREDICATED:
        parts = enclosed(view)
        predicates = tuple(each for each in parts["preds"] if not _always(each, method))
        view = parts["view"]
    if _code_of(view) is _SECURED:
        parts = enclosed(view)
        if _code_of(parts["permitted"]) is _PERMITTED:
            return _guarded(parts["view"], predicates, **enclosed(parts["permitted"]))
    return _predicated(view, predicates) if predicates else view  # type: ignore[no-any-return]


def _guarded(view: View, predicates: tuple[Any, ...], *, policy: Any, permission: str) -> View:
    """A view behind its predicates and its permission."""

    def guarded(context: Any, request: Any) -> Any:
        for predicate in predicates:
            if not predicate(context, request):
                raise PredicateMismatch(_mismatch(view, predicate))
        allowed = policy.permits(request, context, permission)
        if allowed:
            return view(context, request)
        name = getattr(view, "__name__", view)
        message = getattr(
            request, "authdebug_message", f"Unauthorized: {name} failed permission check"
        )
        raise HTTPForbidden(message, result=allowed)

    return guarded


def _predicated(view: View, predicates: tuple[Any, ...]) -> View:
    def predicated(context: Any, request: Any) -> Any:
        for predicate in predicates:
            if not predicate(context, request):
                raise PredicateMismatch(_mismatch(view, predicate))
        return view(context, request)

    return predicated


def _mismatch(view: Any, predicate: Any) -> str:
    name = getattr(view, "__name__", view)
    return f"predicate mismatch for view {name} ({predicate.text()})"


def _serves(view: Any, method: str) -> bool:
    return all(
        method in predicate.val
        for predicate in getattr(view, "__predicates__", ())
        if isinstance(predicate, RequestMethodPredicate)
    )


def _always(predicate: Any, method: str) -> bool:
    """Whether a predicate is true of every request of a method."""
    return type(predicate) is RequestMethodPredicate and method in predicate.val


def _code_of(function: Any) -> Any:
    return getattr(function, "__code__", None)
