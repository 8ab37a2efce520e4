"""Face: services of cornice; `SERVICES` is the one list of the process."""

from cornice.service import (
    SERVICES,
    Service,
    _UnboundView,
    clear_services,
    decorate_view,
    get_services,
)

__all__ = [
    "SERVICES",
    "Service",
    "_UnboundView",
    "clear_services",
    "decorate_view",
    "get_services",
]
