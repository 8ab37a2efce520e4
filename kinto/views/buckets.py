"""Buckets: the top of the tree. Deleting one removes all that is in it (`cascade`)."""

from __future__ import annotations

from typing import Any

import colander
from pyramid.events import subscriber

from kinto.core.events.kinds import ACTIONS, ResourceChanged
from kinto.core.http.parents import forget_parents
from kinto.core.protocol.identifiers import object_uri
from kinto.core.protocol.terms import KintoObject
from kinto.core.resource.base import Resource
from kinto.core.resource.register import register
from kinto.core.resource.schema.envelope import ResourceSchema
from kinto.core.validation.cascade import JSONSchemaMapping
from kinto.views import cascade


class BucketSchema(ResourceSchema):
    """Attributes with a meaning for the server: schemas for what the bucket holds."""

    collection_schema = JSONSchemaMapping(name="collection:schema", missing=colander.drop)
    group_schema = JSONSchemaMapping(name="group:schema", missing=colander.drop)
    record_schema = JSONSchemaMapping(name="record:schema", missing=colander.drop)


@register(name="bucket", plural_path="/buckets", object_path="/buckets/{{id}}")
class Bucket(Resource):
    """`/buckets` and `/buckets/{id}`."""

    plain_reads = True

    schema = BucketSchema
    permissions = ("read", "write", "collection:create", "group:create")

    def get_parent_id(self, request: Any) -> str:
        """Buckets are shared by all users."""
        return ""

    def process_object(self, new: KintoObject, old: KintoObject | None = None) -> KintoObject:
        new = super().process_object(new, old)
        forget_parents(self.request)
        return new

    def postprocess(
        self, result: Any, action: ACTIONS = ACTIONS.READ, old: Any = None
    ) -> dict[str, Any]:
        if action is ACTIONS.DELETE:
            forget_parents(self.request)
            uris = [bucket_uri(bucket) for bucket in cascade.objects_of(result)]
            cascade.announce(self.request, uris)
            for uri in uris:
                cascade.revoke_groups(self.request, uri)
        return super().postprocess(result, action, old)


@subscriber(ResourceChanged, for_resources=("bucket",), for_actions=(ACTIONS.DELETE,))
def on_buckets_deleted(event: ResourceChanged) -> None:
    """Remove everything that was in the deleted buckets."""
    for change in event.impacted_objects:
        cascade.revoke_groups(event.request, bucket_uri(change["old"]))
        cascade.remove_descendants(event.request, bucket_uri(change["old"]))


def bucket_uri(bucket: KintoObject) -> str:
    return object_uri("bucket", parent_id="", object_id=bucket["id"])
