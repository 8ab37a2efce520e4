"""Work that Pyramid would repeat for each request, done once when the application is made.

* The properties added to requests: Pyramid makes a new class for each request to carry them.
  What is known when the application is created is put into one class instead; what comes later,
  and requests made by hand, go the usual way.
* The views of a URL: Pyramid tries them in turn, and each that does not fit raises an exception
  which is a whole response. They are indexed by method instead.
* The routes: they are indexed by number of segments.
* The subscribers of events: they are looked up once for each kind of event.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from pyramid.interfaces import IMultiView, IResponseFactory
from pyramid.predicates import RequestMethodPredicate
from pyramid.request import Request, apply_request_extensions

from kinto.core.http.lookup import IndexedRoutes
from kinto.core.http.notifying import Notifier
from kinto.core.http.rendering import UsualResponse

_NOTHING: Any = MappingProxyType({})


def fold(event: Any) -> None:
    """Subscriber of `ApplicationCreated`."""
    _fold_request_extensions(event.app)
    if getattr(event.app, "routes_mapper", None) is not None:
        event.app.routes_mapper = IndexedRoutes(event.app.registry, event.app.routes_mapper)
    event.app.registry.notify = Notifier(event.app.registry)
    for registration in event.app.registry.registeredAdapters():
        if registration.provided is IMultiView:
            view = registration.factory
            view.get_views = _by_method(view)


class _LateExtensions:
    """What was added to requests after the folding, as Pyramid wants it."""

    def __init__(self, extensions: Any) -> None:
        self._extensions = extensions
        self._methods = dict(extensions.methods)
        self._descriptors = dict(extensions.descriptors)

    @property
    def methods(self) -> dict[str, Any]:
        return _added(self._extensions.methods, self._methods)

    @property
    def descriptors(self) -> dict[str, Any]:
        return _added(self._extensions.descriptors, self._descriptors)


def _fold_request_extensions(router: Any) -> None:
    """Make `registry.request_class`, and have the router use it."""
    extensions = getattr(router, "request_extensions", None)
    factory = getattr(router, "request_factory", None)
    if extensions is None or not isinstance(factory, type):
        return
    attributes = {**extensions.methods, **extensions.descriptors}
    attributes["__module__"] = factory.__module__
    has_own_responses = getattr(factory, "response", None) is not Request.response
    if not has_own_responses and router.registry.queryUtility(IResponseFactory) is None:
        attributes.setdefault("response", UsualResponse())
    folded = type(factory.__name__, (factory,), attributes)
    late = _LateExtensions(extensions)
    invoke = router.invoke_subrequest

    def invoke_subrequest(request: Any, use_tweens: bool = False) -> Any:
        if not isinstance(request, folded):
            request.registry = router.registry
            apply_request_extensions(request, extensions=extensions)
        return invoke(request, use_tweens=use_tweens)

    router.registry.request_class = folded
    router.request_factory = folded
    router.request_extensions = late
    router.invoke_subrequest = invoke_subrequest


def _added(current: dict[str, Any], folded: dict[str, Any]) -> dict[str, Any]:
    # Functions are compared by identity: this costs less than a look at each.
    if current == folded:
        return _NOTHING  # type: ignore[no-any-return]
    return {name: value for name, value in current.items() if folded.get(name) is not value}


def _by_method(multi_view: Any) -> Callable[[Any], Any]:
    """A `get_views` that leaves out the views of other methods."""
    usual = type(multi_view).get_views
    index: dict[str, list[Any]] = {}
    size = -1

    def get_views(request: Any) -> Any:
        nonlocal size
        views = multi_view.views
        if multi_view.accepts:
            return usual(multi_view, request)
        if len(views) != size:
            # A view was added since.
            index.clear()
            size = len(views)
        method = request.method
        if (found := index.get(method)) is None:
            found = [item for item in views if _serves(item[1], method)]
            if len(index) < 32:  # Methods are chosen by clients.
                index[method] = found
        return found

    return get_views


def _serves(view: Any, method: str) -> bool:
    return all(
        method in predicate.val
        for predicate in getattr(view, "__predicates__", ())
        if isinstance(predicate, RequestMethodPredicate)
    )
