"""`/contribute.json`: where to find the project (contribute.json schema of Mozilla)."""

from __future__ import annotations

from typing import Any

import colander
from pyramid.security import NO_PERMISSION_REQUIRED

from kinto.core import Service
from kinto.core.openapi.answers import answer

contribute = Service(
    name="contribute.json", description="Open-source information", path="/contribute.json"
)

_INFORMATION = {
    "name": "kinto",
    "description": "A minimalist JSON storage service with synchronisation and sharing abilities",
    "repository": {
        "url": "https://github.com/Kinto/kinto",
        "license": "Apache License (Version 2.0)",
    },
    "participate": {
        "home": "https://github.com/Kinto/kinto/wiki",
        "docs": "https://kinto.readthedocs.io/",
    },
    "bugs": {
        "list": "https://github.com/Kinto/kinto/issues/",
        "report": "https://github.com/Kinto/kinto/issues/new",
    },
    "keywords": ["python", "JSON", "REST", "storage", "synchronisation"],
}


@contribute.get(
    permission=NO_PERMISSION_REQUIRED,
    tags=["Utilities"],
    operation_id="contribute",
    response_schemas={
        "200": answer(
            "Return open source contributing information.",
            colander.SchemaNode(colander.Mapping(unknown="preserve")),
        )
    },
)
def contribute_get(request: Any) -> dict[str, Any]:
    """Name, repository, ways to take part and bug tracker of the project."""
    return _INFORMATION
