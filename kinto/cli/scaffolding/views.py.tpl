"""`/buckets/{bucket_id}/collections/{collection_id}/@slug@`: the count of a collection."""

from typing import Any

import colander
from kinto.authorization import RouteFactory
from kinto.core import Service
from kinto.core.authorization import DYNAMIC
from kinto.core.openapi import answer
from kinto.views import object_exists_or_404

from @module@.listeners import collection_uri, writes_of


class @class@Context(RouteFactory):
    """Whoever may read the collection may read its count."""

    def __init__(self, request: Any) -> None:
        super().__init__(request)
        self.resource_name = "collection"
        self.required_permission = "read"
        self.permission_object_id = collection_uri(**request.matchdict)


class CountData(colander.MappingSchema):
    """What is counted."""

    writes = colander.SchemaNode(colander.Integer())


class CountBody(colander.MappingSchema):
    """The body of the answer, as `/__api__` describes it."""

    data = CountData()


service = Service(
    name="@slug@",
    path="/buckets/{bucket_id}/collections/{collection_id}/@slug@",
    description="How often the records were written",
    factory=@class@Context,
)


@service.get(
    permission=DYNAMIC,
    tags=["@title@"],
    operation_id="get_@slug@",
    response_schemas={"200": answer("The count.", CountBody())},
)
def get_writes(request: Any) -> dict[str, Any]:
    """Tell how often the records of a collection were written."""
    ids = request.matchdict
    object_exists_or_404(
        request,
        "collection",
        parent_id=f"/buckets/{ids['bucket_id']}",
        object_id=ids["collection_id"],
    )
    uri = collection_uri(**ids)
    return {"data": {"writes": writes_of(request.registry.storage, uri)}}
