"""Collections: they hold records, and say what these must look like and how long they may be
cached. Deleting one removes its records (`cascade`)."""

from __future__ import annotations

from typing import Any

import colander
from pyramid.events import subscriber

from kinto.core.events.kinds import ACTIONS, ResourceChanged
from kinto.core.http.parents import check_parent_id, forget_parents
from kinto.core.protocol.identifiers import object_uri
from kinto.core.protocol.terms import KintoObject
from kinto.core.resource.base import Resource
from kinto.core.resource.register import register
from kinto.core.resource.schema.envelope import ResourceSchema
from kinto.core.validation.cascade import (
    JSONSchemaMapping,
    validate_from_bucket_schema_or_400,
)
from kinto.views import cascade


class CollectionSchema(ResourceSchema):
    """Attributes with a meaning for the server.

    schema: what the records must look like.
    cache_expires: seconds during which anonymous callers may keep the records.
    """

    schema = JSONSchemaMapping(missing=colander.drop)
    cache_expires = colander.SchemaNode(colander.Int(), missing=colander.drop)


@register(
    name="collection",
    plural_path="/buckets/{{bucket_id}}/collections",
    object_path="/buckets/{{bucket_id}}/collections/{{id}}",
)
class Collection(Resource):
    """`/buckets/{bucket_id}/collections` and `.../collections/{id}`."""

    plain_reads = True

    schema = CollectionSchema
    permissions = ("read", "write", "record:create")

    def get_parent_id(self, request: Any) -> str:
        """URI of the bucket.

        Raises:
            HTTPNotFound: what the URL says cannot be the id of a bucket.
        """
        bucket_id = request.matchdict["bucket_id"]
        check_parent_id(request, "bucket", bucket_id)
        return object_uri("bucket", parent_id="", object_id=bucket_id)

    def process_object(self, new: KintoObject, old: KintoObject | None = None) -> KintoObject:
        """Check the collection against the bucket's `collection:schema`."""
        new = super().process_object(new, old)
        validate_from_bucket_schema_or_400(
            new,
            resource_name="collection",
            request=self.request,
            id_field=self.model.id_field,
            ignore_fields=(self.model.modified_field, self.model.permissions_field),
        )
        forget_parents(self.request)
        return new

    def postprocess(
        self, result: Any, action: ACTIONS = ACTIONS.READ, old: Any = None
    ) -> dict[str, Any]:
        if action is ACTIONS.DELETE:
            forget_parents(self.request)
            parent_id = self.model.parent_id
            cascade.announce(
                self.request,
                [
                    object_uri("collection", parent_id=parent_id, object_id=collection["id"])
                    for collection in cascade.objects_of(result)
                ],
            )
        return super().postprocess(result, action, old)


@subscriber(ResourceChanged, for_resources=("collection",), for_actions=(ACTIONS.DELETE,))
def on_collections_deleted(event: ResourceChanged) -> None:
    """Remove the records that were in the deleted collections."""
    bucket_uri = object_uri("bucket", parent_id="", object_id=event.payload["bucket_id"])
    for change in event.impacted_objects:
        uri = object_uri("collection", parent_id=bucket_uri, object_id=change["old"]["id"])
        cascade.remove_descendants(event.request, uri)
