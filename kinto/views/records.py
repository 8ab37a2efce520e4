"""Records: they live in an existing collection, comply with its schema, and are cached for as
long as settings and collection say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kinto.core.http.parents import check_parent_id, shared_parent
from kinto.core.protocol.identifiers import object_uri
from kinto.core.protocol.terms import DEFAULT_ID_FIELD, DEFAULT_MODIFIED_FIELD, KintoObject
from kinto.core.resource.base import ObjectKey, Resource
from kinto.core.resource.register import register
from kinto.core.validation.cascade import (
    compliance,
    validate_from_bucket_schema_or_400,
    validate_or_400,
    validation_enabled,
)

_PLAIN_RULES = {
    "id_field": DEFAULT_ID_FIELD,
    "ignore_fields": (DEFAULT_MODIFIED_FIELD, "schema", "__permissions__"),
}
MAX_CACHE_SECONDS = 10 * 365 * 24 * 3600


@register(
    name="record",
    plural_path="/buckets/{{bucket_id}}/collections/{{collection_id}}/records",
    object_path="/buckets/{{bucket_id}}/collections/{{collection_id}}/records/{{id}}",
)
class Record(Resource):
    """`.../collections/{collection_id}/records` and `.../records/{id}`.

    Raises (when made):
        HTTPNotFound: the collection does not exist.
    """

    plain_reads = True
    plain_writes = True

    schema_field = "schema"

    def __init__(self, request: Any, **kwargs: Any) -> None:
        self.bucket_id: str = request.matchdict["bucket_id"]
        self.collection_id: str = request.matchdict["collection_id"]
        super().__init__(request, **kwargs)
        self._collection = shared_parent(
            request,
            "collection",
            parent_id=object_uri("bucket", parent_id="", object_id=self.bucket_id),
            object_id=self.collection_id,
        )

    @classmethod
    def ancestor_keys(cls, matchdict: dict[str, str]) -> list[ObjectKey]:
        """The collection and its bucket: read in the same statement as the record."""
        bucket_id = matchdict["bucket_id"]
        bucket_uri = object_uri("bucket", parent_id="", object_id=bucket_id)
        return [
            ("collection", bucket_uri, matchdict["collection_id"]),
            ("bucket", "", bucket_id),
        ]

    def get_parent_id(self, request: Any) -> str:
        """URI of the collection.

        Raises:
            HTTPNotFound: one of the ids in the URL is malformed.
        """
        bucket_id = request.matchdict["bucket_id"]
        collection_id = request.matchdict["collection_id"]
        check_parent_id(request, "bucket", bucket_id)
        check_parent_id(request, "collection", collection_id)
        bucket_uri = object_uri("bucket", parent_id="", object_id=bucket_id)
        return object_uri("collection", parent_id=bucket_uri, object_id=collection_id)

    def process_object(self, new: KintoObject, old: KintoObject | None = None) -> KintoObject:
        """Check the record against the schema of its collection, then of its bucket.

        A record checked by its collection's schema is stamped with the collection's timestamp.
        """
        new = super().process_object(new, old)
        if not validation_enabled(self.request):
            return new
        model = self.model
        ignored = (model.modified_field, self.schema_field, model.permissions_field)
        schema = self._collection.get("schema")
        if isinstance(schema, Mapping):
            validate_or_400(
                self.request, new, schema=schema, id_field=model.id_field, ignore_fields=ignored
            )
            new[self.schema_field] = self._collection[model.modified_field]
        validate_from_bucket_schema_or_400(
            new,
            resource_name="record",
            request=self.request,
            id_field=model.id_field,
            ignore_fields=ignored,
        )
        return new

    @classmethod
    def plain_acceptance(
        cls, caller: Any, above: list[KintoObject]
    ) -> Callable[[KintoObject], bool]:
        if not validation_enabled(caller):
            return super().plain_acceptance(caller, above)
        collection, bucket = above
        own = compliance(caller, collection.get("schema"), **_PLAIN_RULES)
        inherited = compliance(caller, bucket.get("record:schema"), **_PLAIN_RULES)
        if own is None and inherited is None:
            return super().plain_acceptance(caller, above)
        stamp = collection[DEFAULT_MODIFIED_FIELD]

        def accept(new: KintoObject) -> bool:
            if own is not None:
                if not own(new):
                    return False
                new[cls.schema_field] = stamp
            return inherited is None or inherited(new)

        return accept

    def _add_cache_header(self, response: Any) -> None:
        """Anonymous callers may keep records for the configured time, or longer if the
        collection says so (http: 6.5)."""
        is_anonymous = self.request.prefixed_userid is None
        seconds = self._cache_seconds() if is_anonymous else None
        if seconds is None:
            super()._add_cache_header(response)
        else:
            response.cache_expires(seconds=seconds)

    def _cache_seconds(self) -> int | None:
        settings = self.request.registry.settings
        bucket, collection = self.bucket_id, self.collection_id
        configured = (
            settings.get(f"{prefix}record_cache_expires_seconds")
            for prefix in (
                f"{bucket}.{collection}.",
                f"{bucket}.",
                "",
                f"{bucket}_{collection}_",
                f"{bucket}_",
            )
        )
        first = next((value for value in configured if value is not None), None)
        wanted = [] if first is None else [int(first)]
        if isinstance(expires := self._collection.get("cache_expires"), int):
            wanted.append(expires)
        return max(0, min(max(wanted), MAX_CACHE_SECONDS)) if wanted else None
