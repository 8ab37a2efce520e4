"""Views whose answer never changes while the process lives."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from pyramid.response import Response


class cache_forever:
    """Decorator: keep the first result of a view, and its headers, and replay them.

    The view returns the text of the body. `saved` and `saved_headers` hold what is kept.

    Raises:
        ValueError: the view returned a `Response`, whose state cannot be shared by requests.
    """

    def __init__(self, wrapped: Callable[..., Any]) -> None:
        self.wrapped = wrapped
        self.saved: Any = None
        self.saved_headers: Any = None
        update_wrapper(self, wrapped)

    def __call__(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        if self.saved is None:
            saved = self.wrapped(request, *args, **kwargs)
            if isinstance(saved, Response):
                raise ValueError("cache_forever cannot cache Response only its body")
            self.saved = saved
            self.saved_headers = dict(request.response.headers)
            # Of the empty response; `write` keeps count.
            self.saved_headers.pop("Content-Length", None)
        request.response.headers.update(self.saved_headers)
        request.response.write(self.saved)
        return request.response
