"""POST /__flush__: empties storage, permissions and cache. For test servers.

Nobody may call it until the setting `flush_create_principals` names them. Files that other
plugins store elsewhere stay; they hear of it through `ServerFlushed`.
"""

from __future__ import annotations

from typing import Any

import colander

from kinto.authorization import RouteFactory
from kinto.core import Service
from kinto.core.authorization import DYNAMIC
from kinto.core.events import dispatch_pending
from kinto.core.openapi import answer
from kinto.core.settings import Section, field
from kinto.events import ServerFlushed

RESOURCE_NAME = "flush"
PATH = "/__flush__"

_REMEMBERED = ("buckets", "collections")
"""Keys of `request.bound_data` under which requests share what they have read."""


class FlushSettings(Section, title="Flush"):
    """Who may empty the server."""

    flush_create_principals: tuple[str, ...] = field(
        (), raw="", help="Who may empty the server with `POST /__flush__`; by default nobody."
    )


class FlushContext(RouteFactory):
    """Requires the permission that only a setting can give: to create a flush."""

    def __init__(self, request: Any) -> None:
        super().__init__(request)
        self.resource_name = RESOURCE_NAME
        self.required_permission = "create"
        self.permission_object_id = PATH


flush = Service(name="flush", path=PATH, description="Remove everything", factory=FlushContext)


@flush.post(
    permission=DYNAMIC,
    tags=["Utilities"],
    operation_id="flush",
    response_schemas={"202": answer("Everything is gone.", colander.MappingSchema())},
)
def flush_post(request: Any) -> dict[str, Any]:
    """Remove every object, permission and cached value, then say so to subscribers."""
    # What earlier requests of a batch did is told while it still exists.
    dispatch_pending(request)
    registry = request.registry
    for name in ("storage", "permission", "cache"):
        if (backend := getattr(registry, name, None)) is not None:
            backend.flush()
    for key in _REMEMBERED:
        request.bound_data.pop(key, None)
    registry.notify(ServerFlushed(request))
    request.response.status_code = 202
    return {}


def includeme(config: Any) -> None:
    """Enable the endpoint.

    Raises:
        InvalidSetting: the setting is no list.
    """
    FlushSettings.from_mapping(config.get_settings())
    config.add_api_capability(
        "flush_endpoint",
        description="The __flush__ endpoint can be used to remove all data from all backends.",
        url="https://kinto.readthedocs.io/en/latest/api/1.x/flush.html",
    )
    config.add_cornice_service(flush)
