"""The document and the page of a running application, made once: services do not change."""

from __future__ import annotations

from html import escape
from typing import Any

from kinto.core.openapi.builder import OpenAPI
from kinto.core.openapi.page import BASE, render


def document_of(request: Any) -> dict[str, Any]:
    """The document, for the host and scheme of a request."""
    return {**_known(request)["document"], "host": request.host, "schemes": [request.scheme]}


def page_of(request: Any) -> str:
    """The page, for the host and scheme of a request."""
    known = _known(request)
    if "page" not in known:
        known["page"] = render(known["document"])
    base = f"{request.host_url}/{request.registry.route_prefix}"
    page: str = known["page"]
    return page.replace(BASE, escape(base, quote=True))


def _known(request: Any) -> dict[str, Any]:
    registry = request.registry
    services = list(dict.fromkeys(registry.cornice_services.values()))
    known: dict[str, Any] | None = vars(registry).get("openapi_made")
    if known is None or known["services"] != services:
        document = OpenAPI(services, request).generate()
        known = registry.openapi_made = {"services": services, "document": document}
    return known
