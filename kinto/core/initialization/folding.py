"""Work that Pyramid would repeat for each request, done once when the application is made.

* The properties added to requests: Pyramid makes a new class for each request to carry them.
  What is known when the application is created is put into one class instead; what comes later,
  and requests made by hand, go the usual way.
* The router (`router`), and the views of a URL (`views`).
* The routes: they are indexed by number of segments.
* The subscribers of events: they are looked up once for each kind of event.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from pyramid.decorator import reify
from pyramid.interfaces import IResponseFactory
from pyramid.request import Request, apply_request_extensions
from pyramid.threadlocal import RequestContext
from pyramid.util import InstancePropertyHelper

from kinto.core.http.lookup import IndexedRoutes
from kinto.core.http.notifying import Notifier, enclosed, inner_code
from kinto.core.http.rendering import UsualResponse
from kinto.core.initialization.router import fold_router

_NOTHING: Any = MappingProxyType({})


def fold(event: Any) -> None:
    """Subscriber of `ApplicationCreated`."""
    _fold_request_extensions(event.app)
    if getattr(event.app, "routes_mapper", None) is not None:
        event.app.routes_mapper = IndexedRoutes(event.app.registry, event.app.routes_mapper)
    event.app.registry.notify = Notifier(event.app.registry)
    fold_router(event.app)


class LateExtensions:
    """What was added to requests after the folding, as Pyramid wants it.

    Attributes:
        has_more: whether there is anything.
    """

    def __init__(self, extensions: Any) -> None:
        self.has_more = False
        self._methods = dict(extensions.methods)
        self._descriptors = dict(extensions.descriptors)
        self._all_methods = extensions.methods = _watched(extensions.methods, self)
        self._all_descriptors = extensions.descriptors = _watched(extensions.descriptors, self)

    @property
    def methods(self) -> dict[str, Any]:
        return self._added(self._all_methods, self._methods)

    @property
    def descriptors(self) -> dict[str, Any]:
        return self._added(self._all_descriptors, self._descriptors)

    def _added(self, current: dict[str, Any], folded: dict[str, Any]) -> dict[str, Any]:
        if not self.has_more:
            return _NOTHING  # type: ignore[no-any-return]
        return {name: value for name, value in current.items() if folded.get(name) is not value}


class _Watched(dict[str, Any]):
    """A mapping that tells its watchers when something is put into it."""

    watchers: tuple[LateExtensions, ...] = ()

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, value)
        for watcher in self.watchers:
            watcher.has_more = True


def _watched(values: dict[str, Any], watcher: LateExtensions) -> _Watched:
    # Several applications may be made of one configuration.
    watched = values if isinstance(values, _Watched) else _Watched(values)
    watched.watchers += (watcher,)
    return watched


def _fold_request_extensions(router: Any) -> None:
    """Make `registry.request_class`, and have the router use it."""
    extensions = getattr(router, "request_extensions", None)
    factory = getattr(router, "request_factory", None)
    if extensions is None or not isinstance(factory, type):
        return
    attributes = {**extensions.methods}
    for name, descriptor in extensions.descriptors.items():
        attributes[name] = _kept(descriptor, name) or descriptor
    attributes["__module__"] = factory.__module__
    has_own_responses = getattr(factory, "response", None) is not Request.response
    if not has_own_responses and router.registry.queryUtility(IResponseFactory) is None:
        attributes.setdefault("response", UsualResponse())
    folded = type(factory.__name__, (factory,), attributes)
    late = LateExtensions(extensions)
    invoke = router.invoke_subrequest

    def invoke_subrequest(request: Any, use_tweens: bool = False) -> Any:
        request.registry = router.registry
        if not isinstance(request, folded):
            apply_request_extensions(request, extensions=extensions)
            return invoke(request, use_tweens=use_tweens)
        if late.has_more:
            return invoke(request, use_tweens=use_tweens)
        request.invoke_subrequest = invoke_subrequest
        with RequestContext(request):
            return router.invoke_request(request, _use_tweens=use_tweens)

    router.registry.request_class = folded
    router.request_factory = folded
    router.request_extensions = late
    router.invoke_subrequest = invoke_subrequest


_PASSED_ON = inner_code(InstancePropertyHelper.make_property.__func__, "<lambda>")


class _Kept:
    """`reify`, of a function that is called at once."""

    def __init__(self, function: Callable[[Any], Any], name: str) -> None:
        self._function = function
        self._name = name

    def __get__(self, request: Any, owner: Any = None) -> Any:
        if request is None:
            return self
        found = request.__dict__[self._name] = self._function(request)
        return found


def _kept(descriptor: Any, name: str) -> _Kept | None:
    """A descriptor that does the same, where Pyramid made it of a function and nothing else."""
    if type(descriptor) is not reify:
        return None
    wrapped = descriptor.wrapped
    if getattr(wrapped, "__code__", None) is not _PASSED_ON or wrapped.__name__ != name:
        return None
    return _Kept(enclosed(wrapped)["callable"], name)
