"""One view of a service, prepared when it is registered.

It does what `cornice.service.decorate_view` does: makes the resource, runs the validators, calls
the view, answers with the errors that were added. What can be known before a request is worked
out once: which validators are ours, who makes the resource, how the answer is rendered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import update_wrapper
from typing import Any

from cornice.service import _UnboundView
from cornice.util import func_name
from pyramid.events import BeforeRender
from pyramid.interfaces import IRendererFactory
from pyramid.response import Response

from kinto.core.cornice.validation import colander_validator, validate
from kinto.core.http.notifying import is_heard
from kinto.core.http.rendering import json_renderer_factory, render_response

Validator = Callable[[Any, Any], Any]

DEFINITION = "definition"
"""Attribute of a prepared view: itself, and the arguments of its definition."""

SPLICES = "splices"
"""Attribute of a request for a list: whether a response made of stored texts will do."""


def prepared_view(
    view: Any, arguments: Mapping[str, Any], method: str, *, gives_context: bool
) -> Callable[[Any, Any], Any]:
    """The function of context and request that Pyramid registers for a definition of a service.

    Args:
        view: function of a request, or the name of a method of the `klass` in the arguments.
        arguments: of the definition: `validators`, `error_handler`, `klass`, `filters`, and
            `shortcut`, a function of a request that may answer in place of all this.
        gives_context: whether `klass` is made with the context of the request.
    """
    resource = None if callable(view) else arguments.get("klass")
    validators = [_prepared(validator, arguments) for validator in arguments.get("validators", ())]
    error_handler = arguments["error_handler"]
    renderer = arguments.get("renderer")
    shortcut = None if arguments.get("filters") else arguments.get("shortcut")
    is_list = getattr(getattr(view, "unbound_view", None), "__name__", view) == "plural_get"

    # Of both, because Pyramid calls it as it is then.
    def run(_context: Any, request: Any) -> Any:
        made = None
        if shortcut is not None and renders_here(request, renderer):
            answer = shortcut(request)
            if answer is not None:
                return answer
        if resource is not None:
            if gives_context:
                context = request.context
                # A context that needed the resource to decide has made it already.
                made = getattr(context, "made_resource", None)
                if type(made) is not resource:
                    made = resource(request=request, context=context)
            else:
                made = resource(request=request)
        for validate_request in validators:
            validate_request(request, made)
        if not request.errors:
            if is_list:
                vars(request)[SPLICES] = renders_here(request, renderer)
            if made is None:
                result = view(request)
            else:
                result = _bound(view, made)()
        if request.errors:
            return error_handler(request)
        # Filters are applied to the response, which may not be made yet.
        request.cornice_args = (arguments, made)
        if isinstance(result, Response) or not renders_here(request, renderer):
            return result
        return render_response(request, result)

    if callable(view):
        update_wrapper(run, view)
    vars(run)[DEFINITION] = (run, arguments)
    run.__name__ = f"{func_name(view)}__{method}"
    return run


def _bound(view: Any, resource: Any) -> Any:
    if isinstance(view, _UnboundView):
        return view.make_bound_view(resource)
    return getattr(resource, view.lower())


def _prepared(validator: Any, arguments: Mapping[str, Any]) -> Validator:
    """A validator as a function of the request and of the resource, if there is one."""
    if isinstance(validator, str):
        return lambda request, made: getattr(made, validator)(request, **arguments)
    if validator is colander_validator and arguments.get("deserializer") is None:
        schema = arguments.get("schema")
        if schema is not None and not isinstance(schema, type):
            return lambda request, made: validate(request, schema)
    return lambda request, made: validator(request, **arguments)


def renders_here(request: Any, name: str | None) -> bool:
    """Whether the renderer of a view is ours, and nobody wants to see what it is given."""
    registry = request.registry
    return (
        is_ours(registry, name)
        and "override_renderer" not in vars(request)
        and not is_heard(registry, BeforeRender)
    )


def is_ours(registry: Any, name: str | None) -> bool:
    """Whether the renderer of this name is ours."""
    known: dict[str | None, bool] = vars(registry).setdefault("_renderers_of_ours", {})
    if name not in known:
        factory = registry.queryUtility(IRendererFactory, name=name or "")
        known[name] = factory is json_renderer_factory
    return known[name]
