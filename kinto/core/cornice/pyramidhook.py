"""Face: how services reach Pyramid. Ours registers; the rest is the published one."""

from cornice.pyramidhook import (
    apply_filters,
    get_fallback_view,
    handle_exceptions,
    register_resource_views,
)

from kinto.core.cornice.registration import register_service_views, wrap_request

__all__ = [
    "apply_filters",
    "get_fallback_view",
    "handle_exceptions",
    "register_resource_views",
    "register_service_views",
    "wrap_request",
]
