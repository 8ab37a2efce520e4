"""What is measured of each response."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kinto.core.runtime import clock

_METHODS = frozenset(["get", "head", "options", "post", "put", "patch", "delete"])


@dataclass(frozen=True)
class RequestMetrics:
    """`labels` are the parts of URLs that may become labels, known ones only: a path that a
    client made up must not make a new series."""

    labels: tuple[str, ...]

    def response(self, service: Any, request: Any, response: Any) -> None:
        """Count a response, its duration, its size, and its user."""
        status = response.status_code
        user_id = getattr(request, "prefixed_userid", None)
        authn_type = getattr(request, "authn_type", None)
        if user_id:
            auth, _, name = user_id.partition(":")
            # Colons separate the parts of some protocols.
            name = name.replace(":", ".")
            service.count("users", unique=[("auth", auth), ("userid", name)])
        if authn_type:
            service.count("authentication", unique=[("type", authn_type)])
        labels = [
            ("method", _method(request)),
            ("endpoint", self._endpoint(request, status)),
            *self._path_labels(request, status),
        ]
        service.count("request_summary", unique=[*labels, ("status", str(status))])
        received_at = getattr(request, "_received_at", None)
        if received_at is not None:
            duration = (clock.now_ms() - received_at) / 1000
            service.timer("request_duration_seconds", value=duration, labels=labels)
        size = response.content_length
        if size is None:
            # What is streamed is not read here: it would be kept in memory.
            whole = isinstance(response.app_iter, (list, tuple))
            size = len(response.body) if whole else 0
        service.observe("request_size", size, labels=labels)

    def _endpoint(self, request: Any, status: int) -> str:
        service = getattr(request, "current_service", None)
        if service is not None:
            return str(service.name)
        route = getattr(request, "matched_route", None)
        if route is not None:
            return str(route.name)
        return "unknown" if status == 404 else "unnamed"

    def _path_labels(self, request: Any, status: int) -> list[tuple[str, str]]:
        found: dict[str, Any] = {}
        # A preflight is answered whether the object exists or not.
        if status < 400 and request.method != "OPTIONS":
            found = dict(getattr(request, "matchdict", None) or {})
            if "id" in found:
                try:
                    found[f"{request.current_resource_name}_id"] = found.pop("id")
                except AttributeError:
                    pass
        return [(name, str(found.get(name, ""))) for name in self.labels]


def _method(request: Any) -> str:
    """The method in lower case: a client may send any word for one."""
    method = request.method.lower()
    return method if method in _METHODS else "other"
