"""Face: the CORS functions of cornice. This server's own rules are in `kinto.core.http.cors`."""

from cornice.cors import (
    CORS_PARAMETERS,
    apply_cors_post_request,
    ensure_origin,
    get_cors_preflight_view,
    get_cors_validator,
)

__all__ = [
    "CORS_PARAMETERS",
    "apply_cors_post_request",
    "ensure_origin",
    "get_cors_preflight_view",
    "get_cors_validator",
]
