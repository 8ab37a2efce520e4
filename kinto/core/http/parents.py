"""The objects above the one a request is about: found once a request, or a 404 naming them.

What was found is shared through `request.bound_data["buckets"]` and `["collections"]`, keyed by
URI, with the sub-requests of a batch; whoever writes a bucket or a collection calls
`forget_parents`, so that nobody judges by what is no longer true.
"""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPException, HTTPNotFound

from kinto.core.http.failures import http_error
from kinto.core.protocol.failures import ERRORS
from kinto.core.protocol.identifiers import is_valid_id, object_uri
from kinto.core.protocol.terms import KintoObject
from kinto.core.storage.exceptions import ObjectNotFoundError


def object_exists_or_404(
    request: Any, resource_name: str, object_id: str, parent_id: str = ""
) -> KintoObject:
    """Return the stored object.

    Raises:
        HTTPNotFound: there is none; errno 111, with the id and the resource name in `details`.
    """
    try:
        found: KintoObject = request.registry.storage.get(
            resource_name=resource_name, parent_id=parent_id, object_id=object_id
        )
    except ObjectNotFoundError:
        raise missing_parent(resource_name, object_id) from None
    return found


def missing_parent(resource_name: str, object_id: str) -> HTTPException:
    """The 404 of an object whose parent does not exist or has a malformed id."""
    return http_error(
        HTTPNotFound(),
        errno=ERRORS.MISSING_RESOURCE,
        details={"id": object_id, "resource_name": resource_name},
    )


def check_parent_id(request: Any, resource_name: str, object_id: str) -> None:
    """Raise the 404 if `object_id` could not be the id of such an object."""
    generator = request.registry.id_generators.get(resource_name)
    matches = is_valid_id if generator is None else generator.match
    if not matches(object_id):
        raise missing_parent(resource_name, object_id)


def shared_parent(
    request: Any, resource_name: str, *, object_id: str, parent_id: str = ""
) -> KintoObject:
    """Like `object_exists_or_404`, reading at most once a request. Not to be modified."""
    known = request.bound_data.setdefault(f"{resource_name}s", {})
    uri = object_uri(resource_name, parent_id=parent_id, object_id=object_id)
    if uri not in known:
        known[uri] = object_exists_or_404(
            request, resource_name, parent_id=parent_id, object_id=object_id
        )
    found: KintoObject = known[uri]
    return found


def forget_parents(request: Any) -> None:
    """Read buckets and collections again at their next use: one of them is being written."""
    for key in ("buckets", "collections"):
        request.bound_data.pop(key, None)
