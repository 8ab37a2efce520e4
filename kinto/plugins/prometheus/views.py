"""`/__metrics__`: what was counted, as text. Open to all: close it at the proxy."""

from __future__ import annotations

from typing import Any

from pyramid.response import Response

from kinto.plugins.prometheus.registry import exposed, prometheus_module


def metrics_view(request: Any) -> Response:
    """The metrics of this process, or of all that share a folder; 204 when the folder is gone."""
    text = exposed()
    if text is None:
        return Response(status=204)
    response = Response(text)
    response.headers["Content-Type"] = prometheus_module.CONTENT_TYPE_LATEST
    return response
