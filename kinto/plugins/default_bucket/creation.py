"""The personal bucket, and the collection that a path names, are made when they are missing.

They are made in the unit of work of the request, with the events, permissions and schema checks
of any creation; a request that is refused leaves nothing behind. `bucket:create` is not asked
for: everybody has a bucket of their own.
"""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPForbidden

from kinto.authorization import RouteFactory
from kinto.core.authorization import narrowing_of
from kinto.core.cornice import Errors
from kinto.core.errors import raise_invalid
from kinto.core.events import ACTIONS
from kinto.core.storage import exceptions
from kinto.core.utils import build_request, instance_uri


def create_missing(request: Any, bucket_id: str, *, subpath: str) -> None:
    """Make the bucket and the collection of a path, unless the request itself makes them.

    Args:
        request: an aliased one, of an authenticated user.
        subpath: what follows the bucket in the path, without leading slash.
    Raises:
        HTTPBadRequest: malformed collection id, or the collection breaks the bucket's schema.
        HTTPForbidden: the caller, who has less than the rights of the user, may not make them.
    """
    wanted = _wanted(request, bucket_id, subpath.split("/") if subpath else [])
    storage = request.registry.storage
    if None not in storage.get_many(wanted):
        return
    # What is missing is looked for again once nobody else can make it.
    for resource_name, parent_id, _ in wanted:
        storage.lock_parent(resource_name, parent_id)
    narrowing = narrowing_of(request)
    for key, found in zip(wanted, storage.get_many(wanted), strict=True):
        if found is not None:
            continue
        uri = _uri(request, bucket_id, key)
        if narrowing is not None and not narrowing.permits_to_make(uri):
            raise HTTPForbidden
        _create(request, key[0], uri)


def create_bucket(request: Any, bucket_id: str) -> None:
    """Make the bucket, unless it is there."""
    create_missing(request, bucket_id, subpath="groups")


def create_collection(request: Any, bucket_id: str) -> None:
    """Make the collection that the matched URL names, unless it is there."""
    collection_id = request.matchdict["collection_id"]
    create_missing(request, bucket_id, subpath=f"collections/{collection_id}/records")


def resource_create_object(request: Any, resource_cls: Any, uri: str) -> Any:
    """Create an empty object on behalf of the caller, whatever the permissions say.

    Args:
        resource_cls: the resource of the object.
        uri: of the object, without version prefix.
    Returns:
        the object, or None when it exists already.
    """
    *_, plural, object_id = uri.split("/")
    resource_name = plural.removesuffix("s")
    creation = build_request(request, {"method": "PUT", "path": uri})
    creation.bound_data = request.bound_data
    creation.authn_type = request.authn_type
    creation.selected_userid = request.selected_userid
    creation.prefixed_principals = request.prefixed_principals
    creation.errors, creation.validated = Errors(), {}
    creation.matchdict = {"id": object_id}
    if resource_name == "collection":
        creation.matchdict["bucket_id"] = uri.split("/")[2]
    creation.current_resource_name = resource_name
    context = RouteFactory(creation)
    context.resource_name = resource_name
    resource = resource_cls(request=creation, context=context)
    try:
        created = resource.model.create_object(resource.process_object({"id": object_id}))
    except exceptions.UnicityError:
        return None
    resource.postprocess(created, action=ACTIONS.CREATE)
    return created


def _wanted(request: Any, bucket_id: str, segments: list[str]) -> list[tuple[str, str, str]]:
    """Keys of the objects that have to exist before the request is carried out."""
    is_put = request.method == "PUT"
    keys = []
    if segments or not is_put:
        keys.append(("bucket", "", bucket_id))
    if len(segments) >= 2 and segments[0] == "collections":
        generators = request.registry.id_generators
        if not generators.get("collection", generators[""]).match(segments[1]):
            raise_invalid(request, location="path", description="Invalid collection id")
        if len(segments) > 2 or not is_put:
            keys.append(("collection", f"/buckets/{bucket_id}", segments[1]))
    return keys


def _uri(request: Any, bucket_id: str, key: tuple[str, str, str]) -> str:
    resource_name, _, object_id = key
    ids = {} if resource_name == "bucket" else {"bucket_id": bucket_id}
    return instance_uri(request, resource_name, **ids, id=object_id)


def _create(request: Any, resource_name: str, uri: str) -> None:
    services = request.registry.cornice_services.values()
    (service,) = [item for item in services if item.name == f"{resource_name}-object"]
    resource_create_object(request, service.resource, uri)
