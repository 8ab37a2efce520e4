"""Groups: their members hold the group's URI as a principal.

Principals follow the members within the same unit of work, so that the next sub-request of a
batch already sees them. The subscribers do the same for events that plugins simulate: they go by
what is stored, never by what the event says, so that running twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import colander
from pyramid.authorization import Everyone
from pyramid.events import subscriber

from kinto.core.authorization.principals import forget_principals
from kinto.core.events.kinds import ACTIONS, ResourceChanged
from kinto.core.http.parents import check_parent_id
from kinto.core.protocol.identifiers import object_uri
from kinto.core.protocol.limits import LIMITS
from kinto.core.protocol.terms import KintoObject
from kinto.core.resource.base import Resource
from kinto.core.resource.register import register
from kinto.core.resource.schema.envelope import ResourceSchema
from kinto.core.storage.exceptions import ObjectNotFoundError
from kinto.core.validation.cascade import validate_from_bucket_schema_or_400
from kinto.views.cascade import objects_of

IN_STEP = "groups_in_step"
"""Key in `request.bound_data`: (URI, timestamp) of the writes whose principals are done."""


def validate_member(node: colander.SchemaNode, member: str) -> None:
    """Refuse what would make a group mean everybody, or another group.

    Raises:
        colander.Invalid: not a user id.
    """
    if len(member) > LIMITS.principal_length:
        raise colander.Invalid(node, "This is too long for a user ID.")
    if member == Everyone or member.startswith("/buckets/"):
        raise colander.Invalid(node, f"'{member}' is not a valid user ID.")


class Members(colander.SchemaNode):
    """A list of user ids; absent means nobody."""

    schema_type = colander.Sequence

    def deserialize(self, cstruct: Any = colander.null) -> list[str]:
        # Always a list of its own: the default is one object for all groups.
        return list(super().deserialize(cstruct))


class GroupSchema(ResourceSchema):
    """Attributes with a meaning for the server: the members."""

    members = Members(colander.SchemaNode(colander.String(), validator=validate_member), missing=())


@register(
    name="group",
    plural_path="/buckets/{{bucket_id}}/groups",
    object_path="/buckets/{{bucket_id}}/groups/{{id}}",
)
class Group(Resource):
    """`/buckets/{bucket_id}/groups` and `.../groups/{id}`."""

    plain_reads = True

    schema = GroupSchema

    def get_parent_id(self, request: Any) -> str:
        """URI of the bucket.

        Raises:
            HTTPNotFound: what the URL says cannot be the id of a bucket.
        """
        bucket_id = request.matchdict["bucket_id"]
        check_parent_id(request, "bucket", bucket_id)
        return object_uri("bucket", parent_id="", object_id=bucket_id)

    def process_object(self, new: KintoObject, old: KintoObject | None = None) -> KintoObject:
        """Check the group against the bucket's `group:schema`."""
        new = super().process_object(new, old)
        validate_from_bucket_schema_or_400(
            new,
            resource_name="group",
            request=self.request,
            id_field=self.model.id_field,
            ignore_fields=(self.model.modified_field, self.model.permissions_field),
        )
        return new

    def postprocess(
        self, result: Any, action: ACTIONS = ACTIONS.READ, old: Any = None
    ) -> dict[str, Any]:
        """Give and take the group's URI before the event is stacked."""
        if action is ACTIONS.DELETE:
            for tombstone in objects_of(result):
                self._keep_in_step(tombstone["id"], before=None)
        elif action is not ACTIONS.READ:
            object_id = (old or result)[self.model.id_field]
            self._keep_in_step(object_id, before=_members(old))
        return super().postprocess(result, action, old)

    def _keep_in_step(self, object_id: str, *, before: set[str] | None) -> None:
        """`before`: who was a member; None when everybody loses the group."""
        parent_id = self.model.parent_id
        stored = _stored(self.request, parent_id, object_id)
        uri = object_uri("group", parent_id=parent_id, object_id=object_id)
        if before is None:
            self.request.registry.permission.remove_principal(uri)
        else:
            _apply(self.request, uri, stored=_members(stored), candidates=before)
        forget_principals(self.request)
        if stored is not None:
            done = self.request.bound_data.setdefault(IN_STEP, set())
            done.add((uri, stored[self.model.modified_field]))


@subscriber(ResourceChanged, for_resources=("group",), for_actions=(ACTIONS.CREATE, ACTIONS.UPDATE))
def on_groups_changed(event: ResourceChanged) -> None:
    """Have principals agree with the stored groups, unless the write already did."""
    request = event.request
    done = request.bound_data.get(IN_STEP, set())
    parent_id = object_uri("bucket", parent_id="", object_id=event.payload["bucket_id"])
    for change in event.impacted_objects:
        group = change["new"]
        uri = object_uri("group", parent_id=parent_id, object_id=group["id"])
        if (uri, group.get("last_modified")) in done:
            continue
        stored = _members(_stored(request, parent_id, group["id"]))
        named = _members(change.get("old")) | _members(group)
        # Nothing tells what the backend holds: give everything again.
        _apply(request, uri, stored=stored, candidates=named, held=set())
        forget_principals(request)


@subscriber(ResourceChanged, for_resources=("group",), for_actions=(ACTIONS.DELETE,))
def on_groups_deleted(event: ResourceChanged) -> None:
    """Take deleted groups away from their members; a group made again keeps its new ones."""
    request = event.request
    parent_id = object_uri("bucket", parent_id="", object_id=event.payload["bucket_id"])
    for change in event.impacted_objects:
        object_id = change["old"]["id"]
        uri = object_uri("group", parent_id=parent_id, object_id=object_id)
        stored = _stored(request, parent_id, object_id)
        if stored is None:
            request.registry.permission.remove_principal(uri)
            forget_principals(request)


def _apply(
    request: Any,
    uri: str,
    *,
    stored: set[str],
    candidates: set[str],
    held: set[str] | None = None,
) -> None:
    """Give the group to the stored members and take it from the other candidates.

    `held`: who is known to have it already, by default the candidates.
    """
    backend = request.registry.permission
    for member in sorted(stored - (candidates if held is None else held)):
        backend.add_user_principal(member, uri)
    for member in sorted(candidates - stored):
        backend.remove_user_principal(member, uri)


def _stored(request: Any, parent_id: str, object_id: str) -> KintoObject | None:
    try:
        group: KintoObject = request.registry.storage.get(
            resource_name="group", parent_id=parent_id, object_id=object_id
        )
    except ObjectNotFoundError:
        return None
    return group


def _members(group: KintoObject | None) -> set[str]:
    members: Iterable[Any] = (group or {}).get("members") or ()
    return {member for member in members if isinstance(member, str)}
