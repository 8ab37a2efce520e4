"""The tweens of an application, set up so that what they stand around can be folded."""

from __future__ import annotations

from types import MethodType
from typing import Any

from pyramid.config.tweens import Tweens
from pyramid.interfaces import ITweens
from pyramid.router import Router
from pyramid.tweens import EXCVIEW

from kinto.core.initialization.router import handle_request
from kinto.core.transactions.requests import PYRAMID_TM, never

# Ours, and those that we set up; they do not look at the context of a request.
_OWN = ("kinto.core.", PYRAMID_TM, EXCVIEW)


class FoldedTweens(Tweens):  # type: ignore[misc]
    """Pyramid's tweens, around a handler that is folded when its router is, which is told whether
    there are others than ours (`has_own_tweens`).

    The tween of pyramid_tm is left out where it leaves all requests to ours.
    """

    def __call__(self, handler: Any, registry: Any) -> Any:
        router = getattr(handler, "__self__", None)
        tweens = self.explicit or self.implicit()
        if type(router) is Router:
            handler = MethodType(handle_request, router)
            router.has_own_tweens = all(name.startswith(_OWN) for name, _ in tweens)
        is_inert = registry.settings.get("tm.activate_hook") is never
        for name, factory in reversed(tweens):
            if not (is_inert and name == PYRAMID_TM):
                handler = factory(handler, registry)
        return handler


def fold_tweens(registry: Any) -> None:
    """Have the tweens of an application to be made stand around `handle_request`."""
    tweens = registry.queryUtility(ITweens)
    if type(tweens) is Tweens:
        tweens.__class__ = FoldedTweens
