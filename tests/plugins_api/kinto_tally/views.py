"""GET .../collections/{id}/tally, for those who may read the collection."""

import colander

from kinto.authorization import RouteFactory
from kinto.core import Service
from kinto.core.authorization import DYNAMIC
from kinto.core.cornice.validators import colander_validator
from kinto.core.utils import instance_uri
from kinto.views import object_exists_or_404

from .listeners import tally_key


class TallyContext(RouteFactory):
    """The permission is the one to read the collection."""

    def __init__(self, request):
        super().__init__(request)
        self.resource_name = "collection"
        self.required_permission = "read"
        self.permission_object_id = instance_uri(
            request,
            "collection",
            bucket_id=request.matchdict["bucket_id"],
            id=request.matchdict["collection_id"],
        )


class TallyQuery(colander.MappingSchema):
    at_least = colander.SchemaNode(colander.Integer(), missing=0)


class TallyRequest(colander.MappingSchema):
    querystring = TallyQuery()


tally = Service(
    name="tally",
    path="/buckets/{bucket_id}/collections/{collection_id}/tally",
    description="How often the records were written",
    factory=TallyContext,
)


@tally.get(permission=DYNAMIC, schema=TallyRequest(), validators=(colander_validator,))
def get_tally(request):
    bucket_uri = instance_uri(request, "bucket", id=request.matchdict["bucket_id"])
    object_exists_or_404(
        request,
        "collection",
        parent_id=bucket_uri,
        object_id=request.matchdict["collection_id"],
    )
    total = request.registry.cache.get(tally_key(request.context.permission_object_id)) or 0
    if total < request.validated["querystring"]["at_least"]:
        request.errors.add("querystring", "at_least", "not that many yet")
        return None
    request.response.headers["Cache-Control"] = "no-store"
    return {"data": {"writes": total, "user": request.prefixed_userid}}
