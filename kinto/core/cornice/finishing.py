"""What every response gets before it leaves: filters, CORS, `nosniff`, and the default headers.

The additions to most responses depend on nothing but their headers' names and the route, and few
combinations of these ever occur: they are worked out once (`Finisher`).
"""

from __future__ import annotations

from typing import Any

from cornice.util import is_string

from kinto.core.http import cors
from kinto.core.http.headers import names_of
from kinto.core.http.security_headers import set_default_headers

# Browsers must not guess types: what looks like a page in a JSON answer would run as one.
_NO_GUESSING = ("X-Content-Type-Options", "nosniff")
_MOST_KNOWN = 512


def finish_response(request: Any, response: Any) -> None:
    """Response callback: filters of the view, CORS headers of the service, and `nosniff`."""
    arguments = vars(request).get("cornice_args")
    if arguments is not None and arguments[0].get("filters"):
        response = _filtered(request, response, *arguments)
    rules = cors.rules_of(request)
    if rules is not None:
        rules.apply(request, response)
    if _NO_GUESSING[0].lower() not in names_of(response.headerlist):
        response.headerlist.append(_NO_GUESSING)


class Finisher:
    """Does what `finish_response` and then `set_default_headers` do, in one go."""

    def __init__(self, registry: Any) -> None:
        self._rules = registry.cors_rules
        self._defaults = vars(registry).get("default_headers", {})
        self._known = vars(registry).setdefault("missing_headers", {})

    def __call__(self, request: Any, response: Any) -> None:
        attributes = request.__dict__
        environ = attributes["environ"]
        method = environ["REQUEST_METHOD"]
        arguments = attributes.get("cornice_args")
        route = attributes.get("matched_route")
        rules = None if route is None else self._rules.get(route.name)
        missing = None
        if not (
            "HTTP_ORIGIN" in environ
            or method == "OPTIONS"
            or (arguments is not None and arguments[0].get("filters"))
            or (rules is not None and rules.always)
        ):
            exposed = ""
            if rules is not None:
                exposed = rules.methods.get(method, rules.without_method).exposed
            headers = response.headerlist
            key = (exposed, *[name for name, _ in headers])
            missing = self._known.get(key)
            if missing is None:
                missing = self._missing(key)
        if missing is None:
            finish_response(request, response)
            set_default_headers(request, response)
        else:
            headers.extend(missing)

    def _missing(self, key: tuple[str, ...]) -> tuple[tuple[str, str], ...] | None:
        """What is added to headers of these names; None when one of them has to be replaced.

        Args:
            key: what is exposed to other origins, and the names.
        """
        exposed, *names = key
        present = {name.lower() for name in names}
        added = [_NO_GUESSING, *self._defaults.items()]
        missing = [pair for pair in added if pair[0].lower() not in present]
        if exposed:
            if cors.EXPOSE_HEADERS.lower() in present:
                return None
            missing.append((cors.EXPOSE_HEADERS, exposed))
        found = tuple(missing)
        if len(self._known) < _MOST_KNOWN:
            self._known[key] = found
        return found


def _filtered(request: Any, response: Any, arguments: dict[str, Any], instance: Any) -> Any:
    for function in arguments["filters"]:
        if is_string(function) and instance is not None:
            function = getattr(instance, function)
        try:
            response = function(response, request)
        except TypeError:
            response = function(response)
    return response
