"""`/buckets/monitor/collections/changes/records`: a public list that is no collection."""

from __future__ import annotations

from typing import Any

import colander
from pyramid.security import NO_PERMISSION_REQUIRED

from kinto.authorization import RouteFactory
from kinto.core.openapi import answer
from kinto.core.resource import Resource, ResourceSchema, ViewSet, register
from kinto.core.storage import Filter
from kinto.plugins.changes.entries import BUCKET, COLLECTION, COLLECTION_URI, ChangesModel
from kinto.plugins.changes.redirecting import REDIRECTION, redirect_old_since
from kinto.plugins.changes.settings import cache_seconds


class ChangesSchema(ResourceSchema):
    """The fields that may be filtered on, sorted by and asked for."""

    class Options:
        preserve_unknown = False

    bucket = colander.SchemaNode(colander.String())
    collection = colander.SchemaNode(colander.String())
    host = colander.SchemaNode(colander.String())


class ChangesContext(RouteFactory):
    """Sends those away who ask for too old a time, before anything else."""

    narrows_itself = True

    def __init__(self, request: Any) -> None:
        if request.method in ("GET", "HEAD"):
            redirect_old_since(request)
        super().__init__(request)


class ChangesViewSet(ViewSet):
    """A list that everybody may read."""

    factory = ChangesContext

    def get_view_arguments(
        self, endpoint_type: str, resource_cls: Any, method: str
    ) -> dict[str, Any]:
        arguments = super().get_view_arguments(endpoint_type, resource_cls, method)
        redirection = answer("That time is too old.", content_type=REDIRECTION)
        answers = {**arguments["response_schemas"], "307": redirection}
        return {
            **arguments,
            "permission": NO_PERMISSION_REQUIRED,
            "response_schemas": answers,
        }


@register(
    name="changes",
    description="When monitored collections changed last",
    plural_path=f"{COLLECTION_URI}/records",
    object_path=None,
    plural_methods=("HEAD", "GET"),
    viewset=ChangesViewSet(),
)
class Changes(Resource):
    """The entries, newest first."""

    schema = ChangesSchema

    def __init__(self, request: Any, context: Any = None) -> None:
        self.model = ChangesModel(request)
        super().__init__(request, context)

    def postprocess(self, result: Any, action: Any = None, old: Any = None) -> dict[str, Any]:
        """The answer; reading this list is no event."""
        return {"data": result}

    def _extract_filters(self) -> list[Filter]:
        """Names of buckets and collections are texts, also those that look like numbers."""
        texts = ("bucket", "collection", "host")
        return [
            item._replace(value=self._as_text(item.value)) if item.field in texts else item
            for item in super()._extract_filters()
        ]

    def _as_text(self, value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return [self._as_text(item) for item in value]
        return str(value) if isinstance(value, (int, float)) else value

    def _add_cache_header(self, response: Any) -> None:
        settings = self.request.registry.settings
        expected = "_expected" in self.request.GET
        seconds = cache_seconds(settings, BUCKET, COLLECTION, expected=expected)
        if seconds is None:
            response.headers["Cache-Control"] = "no-cache, no-store"
        else:
            response.cache_expires(seconds)
