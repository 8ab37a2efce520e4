"""POST, PUT and PATCH. The context has locked the list and read the object under the lock, so
every check here is made on the version that the write replaces."""

from __future__ import annotations

from typing import Any

import colander

from kinto.core.events.kinds import ACTIONS
from kinto.core.http.failures import json_error_handler, raise_invalid
from kinto.core.protocol.patching import visible_changes
from kinto.core.protocol.terms import KintoObject
from kinto.core.protocol.timestamps import is_acceptable, proposal
from kinto.core.resource import conditions
from kinto.core.resource.patching import changed_permissions, patch_object
from kinto.core.runtime import clock


def plural_post(resource: Any) -> dict[str, Any]:
    """Create an object, or show the one that has the given id already."""
    body = resource.request.validated.get("body") or {}
    existing = _existing(resource)
    conditions.raise_if_modified(resource, existing, exists=existing is not None)
    if existing is not None:
        obj, action = existing, ACTIONS.READ
    else:
        new = resource.process_object(dict(body.get("data") or {}))
        obj, action = resource.model.create_object(new), ACTIONS.CREATE
        resource.request.response.status_code = 201
    _add_validators(resource, obj)
    return resource.postprocess(obj, action=action)  # type: ignore[no-any-return]


def put(resource: Any) -> dict[str, Any]:
    """Create or replace an object; without `data` an existing one keeps its attributes."""
    model = resource.model
    object_id = resource.object_id
    resource._raise_400_if_invalid_id(object_id)
    existing = _existing(resource)
    conditions.raise_if_modified(resource, existing, exists=existing is not None)

    body = resource.request.validated.get("body") or {}
    if "data" in body:
        new = dict(body["data"])
        if model.id_field in new:
            resource._raise_400_if_id_mismatch(new[model.id_field], object_id)
    else:
        new = dict(existing or {})
        new.pop(model.modified_field, None)
        new.pop(model.permissions_field, None)
    new[model.id_field] = object_id

    new = resource.process_object(new, old=existing)
    if existing is None:
        obj, action = model.create_object(new), ACTIONS.CREATE
        resource.request.response.status_code = 201
    else:
        obj, action = model.update_object(new), ACTIONS.UPDATE
    _add_validators(resource, obj)
    return resource.postprocess(obj, action=action, old=existing)  # type: ignore[no-any-return]


def patch(resource: Any) -> dict[str, Any]:
    """Change some attributes or permissions of an object."""
    model = resource.model
    object_id = resource.object_id
    resource._raise_400_if_invalid_id(object_id)
    existing = resource._get_object_or_404(object_id)
    resource._raise_412_if_modified(existing)

    validated = resource.request.validated
    body = validated.get("body")
    if resource._is_json_patch:
        requested: Any = body or []
    else:
        body = body or {}
        if "data" not in body and "permissions" not in body:
            text = "Provide at least one of data or permissions"
            raise_invalid(resource.request, name="data", description=text)
        requested = body.get("data", {})
    updated, applied = resource.apply_changes(existing, requested_changes=requested)
    if model.id_field in updated:
        resource._raise_400_if_id_mismatch(updated[model.id_field], object_id)
    updated[model.id_field] = object_id

    updated = resource.process_object(updated, old=existing)
    obj = model.update_object(updated)
    _add_validators(resource, obj)
    answer = resource.postprocess(obj, action=ACTIONS.UPDATE, old=existing)
    behaviour = validated.get("header", {}).get("Response-Behavior", "full")
    if behaviour != "full":
        shown = visible_changes(behaviour, provided=applied, old=existing, new=answer["data"])
        answer = {"data": shown}
    return answer  # type: ignore[no-any-return]


def prepare_object(resource: Any, new: KintoObject, old: KintoObject | None) -> KintoObject:
    """Default of `Resource.process_object`: a usable timestamp, and the requested permissions.

    Raises:
        HTTPBadRequest: the proposed timestamp is a day ahead: the list would live there.
    """
    model = resource.model
    field = model.modified_field
    current = None if old is None else old[field]
    wanted = proposal(new.get(field), current=current)
    if wanted is None:
        new.pop(field, None)
    elif not is_acceptable(wanted, now=clock.now_ms()):
        raise_invalid(resource.request, name=field, description=f"Invalid value for {field}")
    new.pop(model.permissions_field, None)
    permissions = changed_permissions(resource, old)
    if permissions:
        new[model.permissions_field] = permissions
    return new


def apply_changes(
    resource: Any, obj: KintoObject, requested_changes: Any
) -> tuple[KintoObject, KintoObject]:
    """Default of `Resource.apply_changes`."""
    updated, applied = patch_object(resource, obj, requested_changes)
    schema = resource.schema
    for name in {*updated, *obj}:
        if schema.is_readonly(name) and updated.get(name) != obj.get(name):
            raise_invalid(resource.request, name=name, description=f"Cannot modify {name}")
    return _revalidated(resource, updated), applied


def _revalidated(resource: Any, updated: KintoObject) -> KintoObject:
    """The object as the schema gives it back; its id and timestamp are no business of it."""
    try:
        checked = resource.schema().deserialize(updated)
    except colander.Invalid as invalid:
        for name, description in invalid.asdict().items():
            resource.request.errors.add("body", name, description)
        raise json_error_handler(resource.request) from invalid
    model = resource.model
    for name in (model.id_field, model.modified_field):
        if name in updated:
            checked[name] = updated[name]
    return dict(checked)


def _existing(resource: Any) -> KintoObject | None:
    context = resource.context
    if context is not None and context.current_object is not None:
        return context.current_object  # type: ignore[no-any-return]
    object_id = resource.object_id
    return None if object_id is None else resource.find_object(object_id)


def _add_validators(resource: Any, obj: KintoObject) -> None:
    timestamp = obj[resource.model.modified_field]
    resource._add_timestamp_header(resource.request.response, timestamp=timestamp)
