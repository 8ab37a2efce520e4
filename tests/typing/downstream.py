"""What the author of a plugin, backend or service writes, as strict a type checker reads it.

Nothing of this is run: `test_downstream.py` has mypy look at it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, assert_type

import colander

from kinto.authorization import RouteFactory
from kinto.core import Service, resource
from kinto.core.authorization import DYNAMIC, AuthorizationPolicy
from kinto.core.cache import CacheBase
from kinto.core.errors import ERRORS, http_error, raise_invalid
from kinto.core.events import ACTIONS, AfterResourceChanged, ResourceChanged
from kinto.core.listeners import ListenerBase
from kinto.core.openapi import answer, describe_error
from kinto.core.permission import PermissionBase
from kinto.core.settings import Section, field
from kinto.core.storage import Filter, KintoObject, Sort, StorageBase
from kinto.core.storage.exceptions import ObjectNotFoundError
from kinto.core.types import Configurator, Request
from kinto.core.utils import COMPARISON, instance_uri


class TallySettings(Section, title="Tally"):
    """A plugin's settings."""

    limit: int = field(10, ge=1, name="tally.limit", help="At most so many.")
    names: tuple[str, ...] = field((), raw="", name="tally.names", help="Some names.")


class NoteSchema(resource.ResourceSchema):
    """The attributes of a resource."""

    title = colander.SchemaNode(colander.String())


@resource.register(name="note", plural_path="/notes", object_path="/notes/{{id}}")
class Note(resource.Resource):
    """A resource."""

    schema = NoteSchema

    def process_object(self, new: KintoObject, old: KintoObject | None = None) -> KintoObject:
        new = super().process_object(new, old)
        if new["title"] == "forbidden":
            raise_invalid(self.request, name="data.title", description="Forbidden")
        return new


class TallyContext(RouteFactory):
    """Who may call a service."""

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self.resource_name = "note"
        self.required_permission = "read"
        self.permission_object_id = instance_uri(request, "note", id="one")


service = Service(name="tally", path="/tally", factory=TallyContext)


@service.get(permission=DYNAMIC, response_schemas={"200": answer("A tally.")})
def get_tally(request: Request) -> dict[str, int]:
    storage: StorageBase = request.registry.storage
    rules = [Filter("title", "a", COMPARISON.GT)]
    notes = storage.list_all("note", "", filters=rules, sorting=[Sort("title", 1)], limit=5)
    assert_type(notes, list[KintoObject])
    assert_type(storage.count_all("note", "", filters=rules), int)
    return {"notes": len(notes)}


class Listener(ListenerBase):
    """What the settings name to be told of changes."""

    def __call__(self, event: Any) -> None:
        if event.payload["action"] == ACTIONS.DELETE.value:
            return


def on_change(event: ResourceChanged) -> None:
    """A subscriber."""
    for change in event.impacted_objects:
        if "new" in change and change["new"].get("title") == "loud":
            error: Any = None
            raise http_error(error, errno=ERRORS.FORBIDDEN, message="Too loud")


def includeme(config: Configurator) -> None:
    """A plugin."""
    settings = TallySettings.from_mapping(config.get_settings())
    assert_type(settings.limit, int)
    assert_type(settings.names, tuple[str, ...])
    config.add_subscriber(on_change, AfterResourceChanged, for_actions=(ACTIONS.CREATE,))
    describe_error(config, 507, "Full.", resources=("note",))


class Policy(AuthorizationPolicy):
    """Who may write may read."""

    @staticmethod
    def get_bound_permissions(object_id: str, permission: str) -> list[tuple[str, str]]:
        return [(object_id, permission), (object_id, "write")]


class Shelf(StorageBase):
    """A storage backend, or the beginning of one."""

    def __init__(self) -> None:
        super().__init__()
        self.objects: dict[tuple[str, str, str], KintoObject] = {}

    def initialize_schema(self, dry_run: bool = False) -> None:
        self.objects.clear()

    def get(
        self,
        resource_name: str,
        parent_id: str,
        object_id: str,
        id_field: str = "id",
        modified_field: str = "last_modified",
    ) -> KintoObject:
        try:
            return dict(self.objects[resource_name, parent_id, object_id])
        except KeyError:
            raise ObjectNotFoundError(object_id) from None


class Drawer(CacheBase):
    """A cache backend, or the beginning of one."""

    def get(self, key: str) -> Any:
        return None

    def set(self, key: str, value: Any, ttl: float | None) -> None:
        return None


class Keys(PermissionBase):
    """A permission backend, or the beginning of one."""

    def get_user_principals(self, user_id: str) -> set[str]:
        return {user_id}


def principals_of(backend: PermissionBase, uris: Sequence[str]) -> Mapping[str, set[str]]:
    """Who may read each of these."""
    return {uri: backend.get_object_permission_principals(uri, "read") for uri in uris}
