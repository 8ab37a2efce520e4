"""Writing one object with as little as possible: what `writing.plural_post`, `put` and `patch`
do, where nothing else has a say in it. Knows nothing of Pyramid.

As in `resource.plain`, only successes are decided here. Whatever is unusual, or refused, is left
to the methods of `Resource`, before anything was changed: permissions given, a timestamp of the
client, a parent that is missing, a condition or a schema that does not hold. `plain_requests`
ties this to requests, and `open_lists` is for whoever has none, such as a batch.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol

from pyramid.settings import asbool

from kinto.core.authorization.principals import known_permissions
from kinto.core.events.hearing import is_told
from kinto.core.events.kinds import ACTIONS
from kinto.core.protocol.patching import shallow_update
from kinto.core.protocol.preconditions import Decision, decide
from kinto.core.protocol.terms import DEFAULT_ID_FIELD, DEFAULT_MODIFIED_FIELD, KintoObject
from kinto.core.protocol.timestamps import Precondition, proposal
from kinto.core.resource.fetching import ObjectKey, Reads
from kinto.core.resource.model import Model

METHODS = ("POST", "PUT", "PATCH")
NO_TARGET: Final = ""
"""What stands for an id that the long way has to refuse."""

Acceptance = Callable[[KintoObject], bool]
"""See `Resource.plain_acceptance`."""


class Caller(Protocol):
    """Who writes: a request, or what stands for one."""

    registry: Any
    bound_data: dict[str, Any]
    prefixed_userid: str | None
    prefixed_principals: Collection[str]


class Asked(NamedTuple):
    """A write, as it is asked for.

    Attributes:
        method: one of `METHODS`.
        uri: decoded path without the version prefix: of the list for a POST, else of the object.
        matchdict: identifiers in the URL.
        data: attributes in the body; they belong to the write from now on.
        if_match: the parsed header, None when absent.
        if_none_match: the same.
    """

    method: str
    uri: str
    matchdict: Mapping[str, str]
    data: KintoObject
    if_match: Precondition | None = None
    if_none_match: Precondition | None = None

    @property
    def list_uri(self) -> str:
        return self.uri if self.method == "POST" else self.uri.rpartition("/")[0]


class Written(NamedTuple):
    """What was written: the status and the body of the answer, and the object's timestamp."""

    status: int
    body: dict[str, Any]
    timestamp: int


class PlainWrites:
    """The short way of the writes of a resource that has one.

    Args:
        resource_cls: the class of the resource.
        resource_name: the name that its viewset gives it.
    """

    def __init__(self, resource_cls: Any, resource_name: str) -> None:
        self.resource_cls = resource_cls
        self.resource_name = resource_name
        self.stored_as = resource_cls.__name__.lower()

    def find(self, caller: Caller, asked: Asked) -> Attempt | None:
        """What the write is about, read under the lock of its list; None for the long way."""
        storage = caller.registry.storage
        object_id = self.target_of(caller, asked)
        if object_id == NO_TARGET:
            return None
        list_uri = asked.list_uri
        parent_id = list_uri.rpartition("/")[0]
        keys = list(self.resource_cls.ancestor_keys(asked.matchdict))
        if object_id is not None:
            keys.append((self.stored_as, parent_id, object_id))
        found, _ = storage.get_many_with_timestamp(
            keys, resource_name=self.stored_as, parent_id=parent_id
        )
        existing = None if object_id is None else found.pop()
        if None in found or not is_usual(asked.method, existing):
            return None
        model = self.model_of(caller, list_uri)
        accepts = self.resource_cls.plain_acceptance(caller, found)
        return Attempt(self, asked, model, object_id, existing, accepts, found, keys)

    def target_of(self, caller: Caller, asked: Asked) -> str | None:
        """The id of what is written, None where one is to be made; `NO_TARGET` if it is refused."""
        object_id = asked.data.get(DEFAULT_ID_FIELD)
        if asked.method != "POST":
            named, object_id = object_id, asked.uri.rpartition("/")[2]
            if named != object_id and DEFAULT_ID_FIELD in asked.data:
                return NO_TARGET
        elif object_id is None:
            return NO_TARGET if DEFAULT_ID_FIELD in asked.data else None
        is_well_formed = (
            type(object_id) is str
            and self.generator_of(caller.registry).match(object_id)
            and "\n" not in object_id
        )
        return object_id if is_well_formed else NO_TARGET

    def model_of(self, caller: Caller, list_uri: str) -> Model:
        """The list as the long way sees it."""
        registry = caller.registry
        model = Model(
            registry.storage,
            registry.permission,
            id_generator=self.generator_of(registry),
            resource_name=self.stored_as,
            parent_id=list_uri.rpartition("/")[0],
            current_principal=caller.prefixed_userid,
            prefixed_principals=caller.prefixed_principals,
            explicit_perm=asbool(registry.settings.get("explicit_permissions", True)),
        )
        model.get_permission_object_id = f"{list_uri}/{{}}".format
        model.known_permissions = known_permissions(caller)
        return model

    def generator_of(self, registry: Any) -> Any:
        """What makes the ids of this resource, and knows which are well-formed."""
        generators = registry.id_generators
        return generators.get(self.resource_name) or generators[""]


class Attempt(NamedTuple):
    """A write and what it was found to be about.

    Attributes:
        model: the list.
        object_id: None where it is to be made.
        existing: the object as it is stored, or None.
        accepts: what the resource has to say (`Resource.plain_acceptance`).
        above: the objects of the resource's `ancestor_keys`, for `reads`.
        keys: of `above`, and of the object where it was looked for.
    """

    rules: PlainWrites
    asked: Asked
    model: Model
    object_id: str | None
    existing: KintoObject | None
    accepts: Acceptance
    above: Sequence[KintoObject] = ()
    keys: Sequence[ObjectKey] = ()

    def new_object(self) -> KintoObject | None:
        """The object to store, or None where the request is refused or rare."""
        asked, existing = self.asked, self.existing
        current = 0 if existing is None else existing[DEFAULT_MODIFIED_FIELD]
        if asked.if_match is not None or asked.if_none_match is not None:
            decision = decide(
                asked.method,
                exists=existing is not None,
                current=current,
                if_match=asked.if_match,
                if_none_match=asked.if_none_match,
            )
            if decision is not Decision.PROCEED:
                return None
        new = asked.data
        if existing is not None and asked.method == "PATCH":
            new = shallow_update(existing, new)
        if DEFAULT_MODIFIED_FIELD in new:
            proposed = new.pop(DEFAULT_MODIFIED_FIELD)
            if proposal(proposed, current=None if existing is None else current) is not None:
                return None
        new.pop(Model.permissions_field, None)
        if self.object_id is not None:
            new[DEFAULT_ID_FIELD] = self.object_id
        return new if self.accepts(new) else None

    def store(self, new: KintoObject, notify: Callable[..., None] | None = None) -> Written:
        """Write what `new_object` gave, with its permissions where they change.

        Args:
            notify: as `request.notify_resource_event`; None where there is nobody to be told.
        """
        existing = self.existing
        model = self.model
        if existing is None:
            obj = model.create_object(new)
        else:
            obj = model.update_object(new)
        permissions = obj.pop(model.permissions_field)
        timestamp = obj[DEFAULT_MODIFIED_FIELD]
        if notify is not None:
            notify(
                parent_id=model.parent_id,
                timestamp=timestamp,
                data=obj,
                action=self.action,
                old=existing,
            )
        shown = {name: list(principals) for name, principals in permissions.items()}
        status = 201 if existing is None else 200
        return Written(status, {"permissions": shown, "data": obj}, timestamp)

    def reads(self) -> Reads:
        """All that was read, by its key."""
        return dict(zip(self.keys, [*self.above, self.existing], strict=False))

    @property
    def action(self) -> ACTIONS:
        return ACTIONS.CREATE if self.existing is None else ACTIONS.UPDATE

    def is_told(self, caller: Caller) -> bool:
        """Whether anybody would hear of this write."""
        return is_told(caller.registry, self.rules.resource_name, self.action)


def is_usual(method: str, existing: KintoObject | None) -> bool:
    """Whether an object that exists, or not, makes no difference to the kind of answer."""
    if method == "PATCH":
        return existing is not None
    return method == "PUT" or existing is None
