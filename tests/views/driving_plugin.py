"""A plugin whose own URLs drive the resources, as attachments and the default bucket do."""

from __future__ import annotations

from kinto.authorization import RouteFactory
from kinto.core import Service
from kinto.core.authorization import DYNAMIC, PRIVATE
from kinto.core.events import ACTIONS
from kinto.core.utils import build_request, instance_uri
from kinto.views.buckets import Bucket
from kinto.views.records import Record

RECORD = "/buckets/{bucket_id}/collections/{collection_id}/records/{id}"


class NoteContext(RouteFactory):
    """Who may write the record may attach a note to it."""

    def __init__(self, request):
        super().__init__(request)
        self.resource_name = "record"
        self.permission_object_id = instance_uri(request, "record", **request.matchdict)
        self.required_permission = "write"


note = Service(name="note", path=f"{RECORD}/note", factory=NoteContext)


@note.post(permission=DYNAMIC)
def post_note(request):
    record_uri = instance_uri(request, "record", **request.matchdict)
    context = RouteFactory(request)
    context.resource_name = "record"
    context.get_permission_object_id = lambda request, object_id: record_uri
    request.current_resource_name = "record"
    request.validated.update(
        {"body": {"data": {"note": request.json["note"]}}, "header": {}, "querystring": {}}
    )
    resource = Record(request, context=context)
    resource.object_id = request.matchdict["id"]
    return resource.put() if request.json.get("replace") else resource.patch()


implicit = Service(name="implicit", path="/implicit/{id}")


@implicit.post(permission=PRIVATE)
def post_implicit(request):
    """Make a bucket as if it had been asked for."""
    bucket_id = request.matchdict["id"]
    context = RouteFactory(request)
    context.get_permission_object_id = lambda request, object_id: f"/buckets/{bucket_id}"
    context.resource_name = "bucket"
    fake = build_request(request, {"method": "PUT", "path": f"/buckets/{bucket_id}"})
    fake.matchdict = {"id": bucket_id}
    fake.bound_data = request.bound_data
    fake.authn_type, fake.selected_userid = request.prefixed_userid.split(":")
    fake.errors = request.errors
    fake.validated = {"body": {}, "header": {}, "querystring": {}}
    fake.current_resource_name = "bucket"
    resource = Bucket(fake, context)
    assert resource.model.id_generator.match(bucket_id)
    data = resource.model.create_object({"id": bucket_id})
    resource.postprocess(data, action=ACTIONS.CREATE)
    return {"data": data["id"]}


def includeme(config):
    config.scan("tests.views.driving_plugin")
