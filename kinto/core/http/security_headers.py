"""Headers that every response carries, collected at start-up and set in one place."""

from __future__ import annotations

from typing import Any

from kinto.core.http.bystanders import cares_for_items
from kinto.core.http.headers import names_of
from kinto.core.http.steps import at_end

CONTENT_SECURITY_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; "
"""Nothing that this server answers is a page: browsers must not load or run anything from it."""


def add_default_header(config: Any, name: str, value: str) -> None:
    """Have a header on every response that does not set it itself."""
    registry = config.registry
    if (defaults := vars(registry).get("default_headers")) is None:
        defaults = registry.default_headers = {}
        at_end(config, set_default_headers)
    defaults[name] = value
    vars(registry).setdefault("missing_headers", {}).clear()  # See `cornice.finishing`.


@cares_for_items()
def set_default_headers(request: Any, response: Any) -> None:
    """Step at the end: what was collected, where the response does not say it itself."""
    present = names_of(response.headerlist)
    for name, value in request.registry.default_headers.items():
        if name.lower() not in present:
            response.headerlist.append((name, value))
