"""Pyramid's router, with what is known of a request before it comes looked up once.

It does what `pyramid.router.Router` does, in the same order, and passes by what has no effect
here: events that nobody hears, a traversal without a path, look-ups whose answer is always the
same. Whatever is added later is noticed: subscribers, views, routes, traversers, extensions of
requests. Where Pyramid was changed from outside (by a tracing library, say), or is asked to
explain itself (`debug_notfound`, `debug_routematch`), its own code runs.
"""

from __future__ import annotations

import inspect
from types import MethodType
from typing import Any

import pyramid.router
from pyramid.events import BeforeRender, BeforeTraversal, ContextFound, NewRequest, NewResponse
from pyramid.httpexceptions import HTTPNotFound
from pyramid.interfaces import VH_ROOT_KEY, IRequest, IRouteRequest, ITraverser
from pyramid.request import apply_request_extensions
from pyramid.response import Response
from pyramid.router import Router, default_execution_policy
from pyramid.threadlocal import manager
from pyramid.traversal import ResourceTreeTraverser
from pyramid.view import _call_view
from webob.request import BaseRequest
from zope.interface import providedBy

from kinto.core.cornice.finishing import Finisher, finish_response
from kinto.core.events.dispatch import has_readers
from kinto.core.http.rendering import Pieces
from kinto.core.http.security_headers import set_default_headers
from kinto.core.initialization.reads import DirectReads
from kinto.core.initialization.views import ViewsByMethod

_REPLACED = ("__call__", "handle_request", "invoke_request", "finish_request", "request_context")
_PUBLISHED_IN = default_execution_policy.__code__.co_filename
_MOST_KINDS = 256
_FEW_PIECES = 3  # of a page that was read at once

# Headers that WebOb sends as they are: it completes the URL of a `Location`.
_SENT_AS_THEY_ARE = frozenset(
    """
    Access-Control-Allow-Origin Access-Control-Expose-Headers Cache-Control Content-Length
    Content-Security-Policy Content-Type ETag Expires Last-Modified Next-Page Total-Objects
    Total-Records Vary X-Content-Type-Options
    """.split()
)


class FoldedRouter(Router):  # type: ignore[misc]
    """A router whose class is set when the application is made (`fold_router`)."""

    def __call__(self, environ: Any, start_response: Any) -> Any:
        if self.execution_policy is not default_execution_policy:
            return super().__call__(environ, start_response)
        factory = self.request_factory
        if factory is self._usual_factory and type(environ) is dict:
            request = factory.__new__(factory)
            attributes = request.__dict__
            attributes["environ"] = environ
        else:
            request = factory(environ)
            attributes = request.__dict__
        registry = self.registry
        attributes["registry"] = registry
        attributes["invoke_subrequest"] = self.invoke_subrequest
        extensions = self.request_extensions
        if extensions is not None and extensions.has_more:
            apply_request_extensions(request, extensions=extensions)
        manager.stack.append({"registry": registry, "request": request})
        try:
            response = self.invoke_request(request)
        finally:
            if stack := manager.stack:
                stack.pop()
        return _send(response, environ, start_response)

    def invoke_request(self, request: Any, _use_tweens: bool = True) -> Any:
        attributes = request.__dict__
        handle = self.handle_request if _use_tweens else self.orig_handle_request
        try:
            response = handle(request)
            is_known = self._adapters._generation == self._generation
            ends = self._ends if is_known else self._look_up()
            callbacks = attributes.get("response_callbacks")
            if (
                ends is not None
                and callbacks
                and len(callbacks) == 1
                and callbacks[0] is finish_response
                and self.registry.notify is self._notifier
            ):
                callbacks.clear()
                self._finish(request, response)
                for step in ends:
                    if step is not set_default_headers:
                        step(request, response)
                return response
            if callbacks:
                request._process_response_callbacks(response)
            self.registry.notify(NewResponse(request, response))
            return response
        finally:
            if attributes.get("finished_callbacks"):
                request._process_finished_callbacks()
            attributes.pop("context", None)  # As Pyramid does, against a cycle.

    def _look_up(self) -> Any:
        """Who hears what, and which roots are traversed, as of now."""
        registry, notifier = self.registry, self._notifier
        generation = self._adapters._generation
        starts = vars(registry).get("steps_at_start")
        ends = vars(registry).get("steps_at_end")
        self._starts = starts if starts and notifier.is_alone(NewRequest, starts.run) else None
        self._ends = ends if ends and notifier.is_alone(NewResponse, ends.run) else None
        self._hears_traversal = bool(notifier.hear(BeforeTraversal))
        self._hears_context = bool(notifier.hear(ContextFound))
        # Reads have no context then: nobody may be there to look for it.
        self._reads = None
        if self._has_own_tweens and self._ends and not self._hears_traversal | self._hears_context:
            if not notifier.hear(BeforeRender) and not has_readers(registry):
                self._reads = DirectReads(registry)
        self._untraversed: set[Any] = set()
        self._generation = generation
        return self._ends

    def _is_untraversed(self, context_iface: Any) -> bool:
        """Whether Pyramid's own traverser is used, which has nothing to do without a path."""
        traverser = self._adapters.lookup1(context_iface, ITraverser)
        if traverser is not None and traverser is not ResourceTreeTraverser:
            return False
        if len(self._untraversed) < _MOST_KINDS:
            self._untraversed.add(context_iface)
        return True


def fold_router(router: Any) -> None:
    """Make a router a folded one, unless something about it is not as Pyramid makes it.

    `registry.notify` is the notifier already, and the extensions of requests are folded.
    """
    if type(router) is not Router or router.debug_notfound or router.debug_routematch:
        return
    if not _is_as_published() or not hasattr(router.request_extensions, "has_more"):
        return
    registry = router.registry
    router._adapters = registry.adapters
    router._notifier = registry.notify
    router._ifaces = {}
    router._views = ViewsByMethod(registry)
    router._finish = Finisher(registry)
    router._has_own_tweens = vars(router).get("has_own_tweens", False)
    # The usual way of making a request does nothing but keep what it is given.
    made = router.request_factory
    router._usual_factory = made if made.__init__ is BaseRequest.__init__ else None
    router.__class__ = FoldedRouter
    router.orig_handle_request = MethodType(handle_request, router)
    router._look_up()


def handle_request(router: Any, request: Any) -> Any:
    """What stands below all tweens: from a request to the response of its view.

    Raises:
        HTTPNotFound: there is no such view.
        Exception: whatever the view raises.
    """
    if router.__class__ is not FoldedRouter:
        return Router.handle_request(router, request)
    attributes = request.__dict__
    registry = attributes["registry"]
    if router._adapters._generation != router._generation:
        router._look_up()
    notify = registry.notify
    is_quiet = notify is router._notifier
    request.request_iface = request_iface = IRequest
    if is_quiet and router._starts is not None:
        for step in router._starts:
            step(request)
    else:
        notify(NewRequest(request))
    make_root = router.root_factory
    environ = attributes["environ"]
    if router._reads is not None and is_quiet and environ["REQUEST_METHOD"] == "GET":
        response = router._reads.answer(request)
        if response is not None:
            return response
    match = attributes.get("matchdict")
    mapper = router.routes_mapper
    if mapper is not None:
        found = mapper(request)
        route = found["route"]
        if route is not None:
            attributes["matchdict"] = match = found["match"]
            attributes["matched_route"] = route
            request_iface = router._ifaces.get(route.name)
            if request_iface is None:
                request_iface = registry.queryUtility(
                    IRouteRequest, name=route.name, default=IRequest
                )
                router._ifaces[route.name] = request_iface
            request.request_iface = request_iface
            make_root = route.factory or make_root
    if router._hears_traversal or not is_quiet:
        notify(BeforeTraversal(request))
    root = make_root(request)
    attributes["root"] = root
    context, view_name = root, ""
    context_iface = providedBy(root)
    if (
        match is not None
        and "traverse" not in match
        and "subpath" not in match
        and VH_ROOT_KEY not in environ
        and (context_iface in router._untraversed or router._is_untraversed(context_iface))
    ):
        attributes["context"] = attributes["virtual_root"] = root
        attributes["view_name"] = ""
        attributes["subpath"] = attributes["traversed"] = attributes["virtual_root_path"] = ()
    else:
        traverser = router._adapters.queryAdapter(root, ITraverser)
        attributes.update((traverser or ResourceTreeTraverser(root))(request))
        context, view_name = attributes["context"], attributes["view_name"]
        context_iface = providedBy(context)
    if router._hears_context or not is_quiet:
        notify(ContextFound(request))
    view = None
    if not view_name and request.request_iface is request_iface:
        view = router._views.find(request_iface, context_iface, environ["REQUEST_METHOD"])
    if view is not None:
        response = view(context, request)
    else:
        response = _call_view(registry, request, context, context_iface, view_name)
    if response is None:
        raise HTTPNotFound(request.path_info)
    return response


def _send(response: Any, environ: Any, start_response: Any) -> Any:
    """What calling the response does, where nothing in it has to be completed first."""
    if type(response) is not Response or response.conditional_response:
        return response(environ, start_response)
    if environ["REQUEST_METHOD"] == "HEAD":
        return response(environ, start_response)
    headers = response._headerlist
    for name, _ in headers:
        if name not in _SENT_AS_THEY_ARE:
            return response(environ, start_response)
    start_response(response._status, [*headers])
    body = response._app_iter
    return body.sent() if type(body) is Pieces and len(body) > _FEW_PIECES else body


def _is_as_published() -> bool:
    """Whether nobody put anything in the place of what is passed by here."""
    published = [vars(Router).get(name) for name in _REPLACED]
    return pyramid.router._call_view is _call_view and all(
        inspect.isfunction(each) and each.__code__.co_filename == _PUBLISHED_IN
        for each in published
    )
