"""GET /__version__: what was deployed, from a file written by the build."""

from __future__ import annotations

import json
import logging
import os
from typing import Any

import colander
from pyramid.security import NO_PERMISSION_REQUIRED

from kinto.core.http.failures import ErrorSchema, not_found_url
from kinto.core.service import Service

logger = logging.getLogger(__name__)


class VersionResponseSchema(colander.MappingSchema):
    body = colander.SchemaNode(colander.Mapping(unknown="preserve"))


class ErrorResponseSchema(colander.MappingSchema):
    body = ErrorSchema()


version = Service(name="version", path="/__version__", description="Version")


@version.get(
    permission=NO_PERMISSION_REQUIRED,
    tags=["Utilities"],
    operation_id="__version__",
    response_schemas={
        "200": VersionResponseSchema(description="Return the running version"),
        "404": ErrorResponseSchema(description="The build left no file of its version."),
    },
)
def version_view(request: Any) -> Any:
    """The content of the file, read once; 404 when there is none."""
    registry = request.registry
    known = vars(registry).get("version_file")
    if known is None:
        try:
            known = _read(registry.settings["version_json_path"])
        except (OSError, ValueError):
            logger.exception("The file of the version cannot be read")
            raise not_found_url() from None
        registry.version_file = known
    return known


def _read(path: str) -> Any:
    with open(os.path.abspath(path), encoding="utf-8") as stream:
        return json.load(stream)
