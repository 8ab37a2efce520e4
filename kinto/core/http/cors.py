"""Cross-origin requests: who may read an answer, and which of its headers.

The rules of a service are compiled when it is registered (`kinto.core.cornice.registration`) and
kept in `registry.cors_rules` by route name, so that a request only looks them up. URLs without
service follow the same settings with a plainer rule: `*` or the exact origin.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from pyramid.settings import asbool, aslist

from kinto.core.http.headers import set_headers

EXPOSED = ("Backoff", "Retry-After", "Alert", "Content-Length", "Content-Type")
"""Headers that scripts of other origins may read on any answer."""

ALLOW_ORIGIN = "Access-Control-Allow-Origin"
EXPOSE_HEADERS = "Access-Control-Expose-Headers"

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


@dataclass(frozen=True)
class Origins:
    """Origins that may read the answers: any, some by name, some by pattern."""

    any: bool
    exact: frozenset[str]
    patterns: tuple[re.Pattern[str], ...]

    @classmethod
    def compile(cls, items: Iterable[str]) -> Origins:
        """Read `*`, plain origins and origins with `*` inside (the only wildcard)."""
        names = list(items)
        wild = [name for name in names if "*" in name and name != "*"]
        return cls(
            any="*" in names,
            exact=frozenset(names) - set(wild) - {"*"},
            patterns=tuple(
                re.compile(".*".join(re.escape(part) for part in re.split(r"\*+", name)))
                for name in wild
            ),
        )

    def answer_to(self, origin: str) -> str | None:
        """The value of `Access-Control-Allow-Origin`, or None when the origin is refused."""
        if self.any:
            return "*"
        if origin in self.exact or any(p.fullmatch(origin) for p in self.patterns):
            return origin
        return None


@dataclass(frozen=True)
class MethodRules:
    """What one method of a service says."""

    origins: Origins
    exposed: str
    credentials: bool = False
    max_age: int | None = None


@dataclass(frozen=True)
class ServiceRules:
    """The rules of one service, and what its preflight announces."""

    methods: Mapping[str, MethodRules]
    origins: Origins
    supported: tuple[str, ...]
    headers: tuple[str, ...]
    always: bool = False
    without_method: MethodRules = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "without_method", MethodRules(self.origins, exposed=""))

    def of(self, request: Any) -> MethodRules:
        """The rules for a request; a preflight is about the method it announces."""
        method = request.method
        if method == "OPTIONS":
            method = request.headers.get("Access-Control-Request-Method", method)
        return self.methods.get(method, self.without_method)

    def refusal(self, request: Any) -> str | None:
        """The origin of the request when it is not allowed."""
        origin = request.environ.get("HTTP_ORIGIN")
        if origin and self.of(request).origins.answer_to(origin) is None:
            return str(origin)
        return None

    def apply(self, request: Any, response: Any) -> None:
        """Set the headers of an answer. May be called again on a new response."""
        rules = self.of(request)
        origin = request.environ.get("HTTP_ORIGIN")
        if not origin and self.always and rules.origins.any:
            origin = "*"
        if origin:
            headers = response.headers
            allowed = rules.origins.answer_to(origin)
            if allowed is not None:
                headers[ALLOW_ORIGIN] = origin if rules.credentials else allowed
                if rules.credentials:
                    headers["Access-Control-Allow-Credentials"] = "true"
        if request.method != "OPTIONS" and rules.exposed:
            set_headers(response, {EXPOSE_HEADERS: rules.exposed})


def reapply_cors(request: Any, response: Any) -> Any:
    """Give its CORS headers to a response built from scratch, and return it."""
    rules = rules_of(request)
    if rules is not None:
        rules.apply(request, response)
    else:
        _apply_without_service(request, response)
    return response


def rules_of(request: Any) -> ServiceRules | None:
    """The rules of the service that the request reached, if any."""
    # Not a plain attribute access: requests may be stand-ins whose attributes never end.
    known = vars(request.registry).get("cors_rules")
    route = getattr(request, "matched_route", None)
    return known.get(route.name) if known and route is not None else None


def preflight(rules: ServiceRules, request: Any) -> None:
    """Answer to OPTIONS: what may be sent to this URL. Adds to `request.errors` if nothing."""
    wanted = request.headers.get("Access-Control-Request-Method")
    if not request.headers.get("Origin"):
        request.errors.add("header", "Origin", "this header is mandatory")
    if not wanted:
        request.errors.add("header", "Access-Control-Request-Method", "this header is mandatory")
    elif wanted not in rules.supported and not request.errors:
        request.errors.add("header", "Access-Control-Request-Method", "Method not allowed")
    if request.errors:
        return
    announced = request.headers.get("Access-Control-Request-Headers", "")
    names = (name.strip() for name in announced.split(","))
    # Echoed into a header: only what can be the name of one.
    asked = [name for name in names if _TOKEN.fullmatch(name)]
    headers = request.response.headers
    headers["Access-Control-Allow-Headers"] = ",".join(dict.fromkeys([*rules.headers, *asked]))
    headers["Access-Control-Allow-Methods"] = ",".join(rules.supported)
    if (max_age := rules.of(request).max_age) is not None:
        headers["Access-Control-Max-Age"] = str(max_age)


def origins_of(settings: Mapping[str, Any]) -> list[str]:
    """Setting `cors_origins` as a list."""
    return list(aslist(settings.get("cors_origins") or ""))


def max_age_of(settings: Mapping[str, Any]) -> int | None:
    """Setting `cors_max_age_seconds`; None when empty or zero (no header)."""
    value = settings.get("cors_max_age_seconds")
    return int(value) or None if value not in (None, "") else None


def always_of(settings: Mapping[str, Any]) -> bool:
    """Setting `cornice.always_cors`: answer as if there always were an origin."""
    return bool(asbool(settings.get("cornice.always_cors")))


def _apply_without_service(request: Any, response: Any) -> None:
    items = _listed(str(request.registry.settings.get("cors_origins") or ""))
    if not items:
        return
    origin = request.headers.get("Origin")
    if origin and "*" in items:
        response.headers[ALLOW_ORIGIN] = "*"
    elif origin and origin in items:
        response.headers[ALLOW_ORIGIN] = origin
    response.headers[EXPOSE_HEADERS] = ",".join(EXPOSED)


@lru_cache(maxsize=32)
def _listed(setting: str) -> frozenset[str]:
    return frozenset(aslist(setting))
