"""`/buckets/{id}/history`: what was changed by whom, for whoever may read it now."""

from __future__ import annotations

from typing import Any

import colander

from kinto.authorization import RouteFactory
from kinto.core.resource import Model, Resource, ResourceSchema, ViewSet, register
from kinto.core.storage import Filter
from kinto.core.utils import COMPARISON, json
from kinto.plugins.history.former import deletions
from kinto.plugins.history.snapshot import get_snapshot, snapshot, timestamp_validator
from kinto.views import object_exists_or_404

__all__ = [
    "History",
    "HistoryContext",
    "HistorySchema",
    "get_snapshot",
    "snapshot",
    "timestamp_validator",
]

Rules = list[list[Filter]]

_IDS = ("bucket_id", "collection_id", "group_id", "record_id")


class HistorySchema(ResourceSchema):
    """The fields of entries, which may be filtered on and sorted by."""

    action = colander.SchemaNode(colander.String())
    bucket_id = colander.SchemaNode(colander.String())
    collection_id = colander.SchemaNode(colander.String())
    date = colander.SchemaNode(colander.String())
    group_id = colander.SchemaNode(colander.String())
    record_id = colander.SchemaNode(colander.String())
    resource_name = colander.SchemaNode(colander.String())
    target = colander.SchemaNode(colander.Mapping())
    uri = colander.SchemaNode(colander.String())
    user_id = colander.SchemaNode(colander.String())

    class Options:
        preserve_unknown = False


class HistoryContext(RouteFactory):
    """Who reads the bucket reads all entries; others those of what they may read now."""

    visible: Rules | None = None

    def fetch_shared_objects(
        self, perm: str, principals: Any, get_bound_permissions: Any
    ) -> list[str] | None:
        """Set `visible`; returns the URIs that the caller may read in the bucket."""
        if perm != "read":
            return None
        bucket_uri = (self.permission_object_id or "").rpartition("/")[0]
        backend = self._request.registry.permission
        escaped = "".join(
            char if char.isalnum() or char in "/:-" else f"\\{char}" for char in bucket_uri
        )
        pairs = [(f"{escaped}/*", name) for name in ("read", "write")]
        found = backend.get_accessible_objects(principals, pairs, with_children=True)
        uris = sorted(found)
        if not uris:
            return None
        collections = [
            uri.rpartition("/")[2] for uri in uris if uri.split("/")[-2] == "collections"
        ]
        ends = deletions(self._request.registry.storage, bucket_uri, uris)
        self.visible = _since("uri", uris, ends)
        last = {name: ends.get(f"{bucket_uri}/collections/{name}", -1) for name in collections}
        self.visible += _since("collection_id", collections, last)
        return uris


class HistoryModel(Model):
    """Entries of one bucket, restricted by rules that no filter can undo."""

    visible: Rules | None = None

    def get_page(self, *, pagination_rules: Rules | None, **query: Any) -> Any:
        return super().get_page(pagination_rules=self._seen(pagination_rules), **query)

    def _seen(self, rules: Rules | None) -> Rules | None:
        """One of the rules of the page, and one of those of what the caller may see."""
        if self.visible is None:
            return rules
        return [[*page, *seen] for page in rules or [[]] for seen in self.visible]


class HistoryViewSet(ViewSet):
    """A list that is read and emptied, never written."""

    factory = HistoryContext


@register(
    name="history",
    description="List of changes",
    plural_path="/buckets/{{bucket_id}}/history",
    object_path=None,
    plural_methods=("HEAD", "GET", "DELETE"),
    viewset=HistoryViewSet(),
)
class History(Resource):
    """The entries of one bucket, newest first."""

    default_model = HistoryModel
    schema = HistorySchema

    def __init__(self, request: Any, context: Any = None) -> None:
        super().__init__(request, context)
        self.model.visible = getattr(context, "visible", None)

    def get_parent_id(self, request: Any) -> str:
        """URI of the bucket.

        Raises:
            HTTPNotFound: there is none.
        """
        bucket_id = request.matchdict["bucket_id"]
        object_exists_or_404(request, "bucket", bucket_id)
        return f"/buckets/{bucket_id}"

    def plural_head(self) -> dict[str, Any]:
        """Like GET: how many entries there are is nobody's business."""
        return super().plural_get()

    def _extract_filters(self) -> list[Filter]:
        """Ids are texts, also those that look like numbers."""
        return [
            item._replace(value=_as_text(item.value)) if item.field in _IDS else item
            for item in super()._extract_filters()
        ]


def _since(field: str, values: list[str], ends: dict[str, int]) -> Rules:
    """Entries of each value that are newer than the end of the former object of its name."""
    groups: dict[int, list[str]] = {}
    for value in values:
        groups.setdefault(ends.get(value, -1), []).append(value)
    return [
        [
            Filter(field, some, COMPARISON.IN),
            *([Filter("last_modified", end, COMPARISON.GT)] if end >= 0 else []),
        ]
        for end, some in groups.items()
    ]


def _as_text(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_as_text(item) for item in value]
    return json.dumps(value) if isinstance(value, (bool, int, float)) else value
