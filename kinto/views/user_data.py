"""`/__user_data__/{principal}`: erase what one user left.

Objects that nobody else may write go, with what they hold; the others forget the user. Events
are stacked as if each list had been deleted, so that children follow and plugins hear of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from kinto.core.authorization.principals import forget_principals
from kinto.core.events.kinds import ACTIONS
from kinto.core.http.lookup import view_lookup_registry
from kinto.core.http.parents import forget_parents
from kinto.core.protocol.identifiers import ancestors, object_uri
from kinto.core.protocol.terms import COMPARISON, Filter, KintoObject
from kinto.core.resource.base import Resource
from kinto.core.resource.register import register
from kinto.views import cascade
from kinto.views.authorization import RouteFactory

BATCH = 500
"""Objects looked at in one statement."""

T = TypeVar("T")


class UserDataContext(RouteFactory):
    """The permission needed is `delete`: setting `user-data_delete_principals`."""

    method_permissions = {"delete": "delete"}


@register(
    name="user-data",
    plural_path="/__user_data__",
    plural_methods=(),
    object_path="/__user_data__/{{principal}}",
    object_methods=("DELETE",),
    factory=UserDataContext,
)
class UserData(Resource):
    """`DELETE /__user_data__/{principal}`."""

    def delete(self) -> dict[str, Any]:
        """Erase the data of the principal; saying so again changes nothing."""
        principal = self.request.matchdict["principal"]
        erase(self.request, principal)
        return {"data": {"principal": principal}}


def erase(request: Any, principal: str) -> None:
    """Delete what only this principal may write, and take it out of everything else."""
    if "\x00" in principal:
        return  # No backend could even be asked.
    backend = request.registry.permission
    held = backend.get_accessible_objects([principal])
    writable = [uri for uri, permissions in held.items() if "write" in permissions]
    own = [
        uri
        for uris in slice_into_batches(writable, BATCH)
        for uri in _written_only_by(request, principal, uris=uris)
    ]
    topmost = condense_under_parents(request, own)
    gone = _delete(request, topmost, principal=principal)
    left = {uri: held[uri] for uri in held if gone.isdisjoint({uri, *ancestors(uri)})}
    _forget(request, principal, held=left)


def forget(request: Any, principal: str) -> None:
    """Take this principal out of every permission and every group; objects stay."""
    held = request.registry.permission.get_accessible_objects([principal])
    _forget(request, principal, held=held)


def _forget(request: Any, principal: str, *, held: Mapping[str, Iterable[str]]) -> None:
    backend = request.registry.permission
    for uri, permissions in held.items():
        for permission in permissions:
            backend.remove_principal_from_ace(uri, permission, principal)
    for group_uri in backend.get_user_principals(principal):
        backend.remove_user_principal(principal, group_uri)
    # Not a user but a group: its members lose it.
    backend.remove_principal(principal)
    forget_principals(request)
    forget_parents(request)


def get_parent_uri(object_uri: str) -> str:
    """URI of what holds the list that an object is in; the empty text for buckets."""
    return object_uri.rsplit("/", 2)[0]


def condense_under_parents(request: Any, object_uris: Iterable[str]) -> list[str]:
    """The topmost URIs: those below another one go with it."""
    uris = set(object_uris)

    def is_topmost(uri: str) -> bool:
        while uri := get_parent_uri(uri):
            if uri in uris:
                return False
        return True

    return sorted(filter(is_topmost, uris))


def slice_into_batches(iterable: Iterable[T], batch_size: int) -> Iterator[list[T]]:
    """Cut into lists of at most `batch_size`."""
    iterator = iter(iterable)
    while batch := list(islice(iterator, batch_size)):
        yield batch


def _written_only_by(request: Any, principal: str, *, uris: Sequence[str]) -> list[str]:
    """Those of the URIs that nobody else may write."""
    found = request.registry.permission.get_objects_permissions(list(uris))
    return [
        uri
        for uri, permissions in zip(uris, found, strict=True)
        if set(permissions.get("write", ())) == {principal}
    ]


def _delete(request: Any, uris: Sequence[str], *, principal: str) -> set[str]:
    """Delete these objects, list by list in a fixed order; returns the URIs that were there."""
    lists: dict[tuple[str, str], dict[str, str]] = {}
    for uri in uris:
        try:
            resource_name, matchdict = view_lookup_registry(request.registry, uri)
        except ValueError:
            continue
        if "id" in matchdict:
            for parent_id in _possible_parents(uri, matchdict["id"]):
                lists.setdefault((resource_name, parent_id), {})[uri] = matchdict["id"]
    gone: set[str] = set()
    for (resource_name, parent_id), id_by_uri in sorted(lists.items()):
        request.registry.storage.lock_parent(resource_name, parent_id)
        for some in slice_into_batches(sorted(id_by_uri), BATCH):
            # Under the lock nobody else can be given the object any more.
            still_own = _written_only_by(request, principal, uris=some)
            ids = [id_by_uri[uri] for uri in still_own]
            deleted = _delete_some(request, resource_name, parent_id=parent_id, ids=ids)
            gone_ids = {obj["id"] for obj in deleted}
            gone.update(uri for uri in still_own if id_by_uri[uri] in gone_ids)
    if gone:
        request.registry.permission.delete_object_permissions(*gone)
    return gone


def _possible_parents(uri: str, object_id: str) -> tuple[str, ...]:
    """Where the object is stored: below its parent or, for accounts, below its own id."""
    parent_id = get_parent_uri(uri)
    return (
        (parent_id, object_id)
        if not parent_id and not uri.startswith("/buckets/")
        else (parent_id,)
    )


def _delete_some(
    request: Any, resource_name: str, *, parent_id: str, ids: list[str]
) -> list[KintoObject]:
    storage = request.registry.storage
    keys = [(resource_name, parent_id, object_id) for object_id in ids]
    found = {obj["id"]: obj for obj in storage.get_many(keys) if obj is not None}
    if not found:
        return []
    by_id = [Filter("id", sorted(found), COMPARISON.IN)]
    tombstones: list[KintoObject] = storage.delete_all(
        resource_name=resource_name, parent_id=parent_id, filters=by_id
    )
    any_uri = object_uri(resource_name, parent_id=parent_id, object_id=ids[0])
    request.notify_resource_event(
        parent_id=parent_id,
        timestamp=storage.resource_timestamp(resource_name, parent_id),
        data=tombstones,
        action=ACTIONS.DELETE,
        old=[found[tombstone["id"]] for tombstone in tombstones],
        resource_name=resource_name,
        resource_data=_identifiers(request, any_uri),
    )
    if resource_name in ("bucket", "collection"):
        cascade.announce(
            request,
            [
                object_uri(resource_name, parent_id=parent_id, object_id=tombstone["id"])
                for tombstone in tombstones
            ],
        )
    return tombstones


def _identifiers(request: Any, uri: str) -> dict[str, str]:
    """The part of an event's payload that the URL of the list would give."""
    try:
        _, matchdict = view_lookup_registry(request.registry, uri)
    except ValueError:
        return {}
    return {name: value for name, value in matchdict.items() if name != "id"}
