"""New objects of one list, written together with their permissions: what `Model.create_object`
does for each. Knows nothing of HTTP.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kinto.core.permission.base import PermissionBase
from kinto.core.protocol.terms import KintoObject
from kinto.core.resource.model import Model, Permissions
from kinto.core.runtime import json
from kinto.core.storage.base import StorageBase
from kinto.core.storage.pages import JSONObject


def create_together(
    model: Model, objects: Mapping[str, KintoObject], *, are_new: bool
) -> list[JSONObject]:
    """Store new objects and their permissions; the current principal gets `write`.

    Args:
        model: of a list that is locked, in which no object has any of these ids.
        objects: by their ids, without id, timestamp and permissions. They are given away.
        are_new: whether the ids are so random that nothing ever had them.
    Returns:
        of each its timestamp, and the text of `{"permissions": ..., "data": ...}`.
    Raises:
        BackendError: the unit has to be undone.
    """
    create_many = _method(model.storage, "create_many", instead_of="create", base=StorageBase)
    stored = create_many(model.resource_name, model.parent_id, objects)
    granted: Permissions = {}
    uri_of, writer = model.get_permission_object_id, model.current_principal
    if uri_of is not None and model.explicit_perm and writer is not None:
        granted = {"write": {writer}}
        uris = [uri_of(object_id) for object_id in objects]
        grant = _method(
            model.permission,
            "replace_objects_permissions",
            instead_of="replace_object_permissions",
            base=PermissionBase,
        )
        grant(uris, granted, are_new=are_new)
        if model.known_permissions is not None:
            model.known_permissions.set_all(uris, granted)
    shown = json.dumps_bytes({name: list(principals) for name, principals in granted.items()})
    return [
        JSONObject(obj.timestamp, b'{"permissions":%b,"data":%b}' % (shown, obj.text))
        for obj in stored
    ]


def _method(backend: Any, name: str, *, instead_of: str, base: type) -> Callable[..., Any]:
    """The method of a backend for many objects at once; that of the base, which calls the one for
    a single object, if a subclass or a plugin has replaced only this one."""
    places = [vars(backend), *map(vars, type(backend).__mro__)]
    for place in places:
        if name in place:
            break
        if instead_of in place:
            return getattr(base, name).__get__(backend)  # type: ignore[no-any-return]
    return getattr(backend, name)  # type: ignore[no-any-return]
