"""Face: the published cornice-swagger."""

from cornice_swagger import (
    CorniceSwagger,
    cornice_enable_openapi_explorer,
    cornice_enable_openapi_view,
    includeme,
)

__all__ = [
    "CorniceSwagger",
    "cornice_enable_openapi_explorer",
    "cornice_enable_openapi_view",
    "includeme",
]
