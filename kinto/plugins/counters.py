"""GET /__counters__: how many objects, and tombstones, of each kind are stored."""

from __future__ import annotations

from typing import Any

import colander
from pyramid.security import NO_PERMISSION_REQUIRED

from kinto.core import Service
from kinto.core.openapi import answer

KINDS = ("account", "bucket", "group", "collection", "record", "history", "attachments")
EVERYWHERE = "*"

counters = Service(name="counters", path="/__counters__", description="Count what is stored")


class CountersBody(colander.MappingSchema):
    """Numbers by kind."""

    objects = colander.SchemaNode(colander.Mapping(unknown="preserve"))
    tombstones = colander.SchemaNode(colander.Mapping(unknown="preserve"))


@counters.get(
    permission=NO_PERMISSION_REQUIRED,
    tags=["Utilities"],
    operation_id="counters",
    response_schemas={"200": answer("Numbers by kind.", CountersBody())},
)
def counters_get(request: Any) -> dict[str, dict[str, int]]:
    """Numbers by kind; kinds of which there are none are left out."""
    storage = request.registry.storage
    objects: dict[str, int] = {}
    tombstones: dict[str, int] = {}
    for kind in KINDS:
        live = storage.count_all(kind, EVERYWHERE)
        dead = storage.count_all(kind, EVERYWHERE, include_deleted=True) - live
        if live:
            objects[kind] = live
        if dead:
            tombstones[kind] = dead
    return {"objects": objects, "tombstones": tombstones}


def includeme(config: Any) -> None:
    """Enable the endpoint."""
    config.add_api_capability(
        "counters_endpoint",
        description="The __counters__ endpoint exposes how many objects are stored.",
        url="https://kinto.readthedocs.io/en/latest/api/1.x/counters.html",
    )
    config.add_cornice_service(counters)
