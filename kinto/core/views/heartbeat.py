"""Health: of the backends and plugins (`/__heartbeat__`), and of the process alone."""

from __future__ import annotations

from typing import Any

import colander
from pyramid.security import NO_PERMISSION_REQUIRED

from kinto.core.observability.health import HealthChecks
from kinto.core.service import Service


class HeartbeatResponseSchema(colander.MappingSchema):
    body = colander.SchemaNode(colander.Mapping(unknown="preserve"))


heartbeat = Service(name="heartbeat", path="/__heartbeat__", description="Server health")


@heartbeat.get(
    permission=NO_PERMISSION_REQUIRED,
    tags=["Utilities"],
    operation_id="__heartbeat__",
    response_schemas={
        "200": HeartbeatResponseSchema(description="Server is working properly"),
        "503": HeartbeatResponseSchema(description="One or more subsystems failing."),
    },
)
def get_heartbeat(request: Any) -> dict[str, Any]:
    """One entry for each check; 503 when one of them fails or is late."""
    registry = request.registry
    seconds = float(registry.settings["heartbeat_timeout_seconds"])
    checks = vars(registry).setdefault("health_checks", HealthChecks())
    status: dict[str, Any] = checks.run(registry.heartbeats, request, timeout=seconds)
    if not all(status.values()):
        request.response.status = 503
    durability = getattr(getattr(registry, "storage", None), "durability", None)
    if durability is not None and status.get("storage"):
        # A backend that promises nothing by itself tells what it was configured to keep.
        status["storage_durability"] = durability()
    return status


class LbHeartbeatResponseSchema(colander.MappingSchema):
    body = colander.SchemaNode(colander.Mapping(unknown="preserve"))


lbheartbeat = Service(name="lbheartbeat", path="/__lbheartbeat__", description="Web head health")


@lbheartbeat.get(
    permission=NO_PERMISSION_REQUIRED,
    tags=["Utilities"],
    operation_id="__lbheartbeat__",
    response_schemas={
        "200": LbHeartbeatResponseSchema(description="Server is able to process requests")
    },
)
def get_lbheartbeat(request: Any) -> dict[str, Any]:
    """The process answers; nothing else is looked at."""
    return {}
