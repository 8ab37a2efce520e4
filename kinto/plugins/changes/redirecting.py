"""Clients that were away for long fetch everything anew, from an address that caches know."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from pyramid.httpexceptions import HTTPTemporaryRedirect

from kinto.core.runtime import clock
from kinto.core.utils import reapply_cors

DAY_MS = 24 * 3600 * 1000


REDIRECTION = ("text/html", "text/plain")
"""Media types of the page that a redirect brings, besides JSON."""


def redirect_old_since(request: Any) -> None:
    """Leave a `_since` that is too old out of the query.

    Raises:
        HTTPTemporaryRedirect: to the same URL without it. What is no number is left to the
            validation of the view.
    """
    settings = request.registry.changes
    if settings.since_max_age_days < 0:
        return
    text = request.GET.get("_since", "").strip('"')
    if not (text.isascii() and text.isdigit() and len(text) <= 19):
        return
    if int(text) >= clock.now_ms() - settings.since_max_age_days * DAY_MS:
        return
    query = [(name, value) for name, value in request.GET.items() if name != "_since"]
    known = request.registry.settings
    host = settings.http_host or known.get("http_host") or request.host
    scheme = known.get("http_scheme") or "https"
    location = f"{scheme}://{host}{request.path}" + (f"?{urlencode(query)}" if query else "")
    response = HTTPTemporaryRedirect(location)
    if settings.since_max_age_redirect_ttl_seconds >= 0:
        response.cache_expires(settings.since_max_age_redirect_ttl_seconds)
    raise reapply_cors(request, response)
