"""Request methods and properties folded into one class, when the application is made.

Pyramid makes a new class for each request to carry the properties that were added to requests.
What is known when the application is created is put into one class instead; what comes later,
and requests made by hand, go the usual way.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from pyramid.request import apply_request_extensions


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


def fold_request_extensions(event: Any) -> None:
    """Subscriber of `ApplicationCreated`: make `registry.request_class`, and have it used."""
    router = event.app
    extensions = getattr(router, "request_extensions", None)
    factory = getattr(router, "request_factory", None)
    if extensions is None or not isinstance(factory, type):
        return
    attributes = {**extensions.methods, **extensions.descriptors}
    attributes["__module__"] = factory.__module__
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


def _added(current: Any, folded: dict[str, Any]) -> Any:
    if len(current) == len(folded) and all(
        folded.get(name) is value for name, value in current.items()
    ):
        return _NOTHING
    return {name: value for name, value in current.items() if folded.get(name) is not value}


_NOTHING: Any = MappingProxyType({})
