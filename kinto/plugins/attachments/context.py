"""Who may do what with the files of a record: those who may read it, or write it, or make it."""

from __future__ import annotations

from typing import Any

from kinto.authorization import RouteFactory
from kinto.plugins.attachments.links import RecordRef

_READING = ("GET", "HEAD")


class AttachmentContext(RouteFactory):
    """The context of a URL below a record.

    Attributes:
        record: the one in the URL.
        current: it as stored, or None.
    """

    record: RecordRef
    current: dict[str, Any] | None = None

    def __init__(self, request: Any) -> None:
        super().__init__(request)
        ids = request.matchdict
        self.record = RecordRef(ids["bucket_id"], ids["collection_id"], ids["record_id"])
        self.resource_name = "record"
        self.permission_object_id = self._object_uri = self.record.uri
        self.required_permission = "read"
        if request.method == "OPTIONS":
            return
        storage = request.registry.storage
        key = ("record", self.record.collection_uri, self.record.rid)
        self.current = self.current_object = storage.get_many([key])[0]
        if request.method in _READING and not self.writes_always:
            return
        self.required_permission = "write"
        if self.current is None:
            self.required_permission = "create"
            self.permission_object_id = f"{self.record.collection_uri}/records"

    writes_always = False


class UploadContext(AttachmentContext):
    """The context of unfinished uploads, which are the business of writers alone."""

    writes_always = True
