"""What a resource answers: the body, its validators and cache headers, the event to notify."""

from __future__ import annotations

from typing import Any

from kinto.core.events.dispatch import has_readers
from kinto.core.events.kinds import ACTIONS
from kinto.core.http.conditional import timestamp_unavailable
from kinto.core.http.headers import set_headers
from kinto.core.protocol.terms import KintoObject
from kinto.core.storage.exceptions import ReadonlyError


def postprocess(resource: Any, result: Any, action: ACTIONS, old: Any) -> dict[str, Any]:
    """Envelope of the result; the event is stacked for the end of the request.

    Args:
        result: an object or tombstone with its permissions, or a list of them.
        old: the object, or list of objects, as it was before.
    """
    field = resource.model.permissions_field
    body: dict[str, Any] = {}
    if isinstance(result, list):
        result = [_without(field, obj) for obj in result]
    elif field in result:
        permissions = result[field]
        result = _without(field, result)
        body["permissions"] = {name: list(who) for name, who in permissions.items()}
    body["data"] = result
    if isinstance(old, list):
        old = [_without(field, obj) for obj in old]
    elif old is not None:
        old = _without(field, old)

    if action is ACTIONS.READ and not has_readers(resource.request.registry):
        return body
    resource.request.notify_resource_event(
        parent_id=resource.model.parent_id,
        timestamp=_event_timestamp(resource, result, action),
        data=result,
        action=action,
        old=old,
    )
    return body


def list_timestamp(resource: Any) -> int:
    """Timestamp of the list.

    Raises:
        HTTPServiceUnavailable: the backend would have to write it on a read-only server.
    """
    known = resource._list_timestamp
    if known is not None:
        return int(known)
    try:
        return int(resource.model.timestamp())
    except ReadonlyError as error:
        retry_after = resource.request.registry.settings.get("retry_after_seconds", 3)
        raise timestamp_unavailable(retry_after) from error


def add_cache_header(resource: Any, response: Any) -> None:
    """Authenticated answers are never cached; anonymous ones as the settings say (http: 6.5)."""
    request = resource.request
    if request.prefixed_userid is None:
        name = f"{request.current_resource_name}_cache_expires_seconds"
        seconds = request.registry.settings.get(name)
        if seconds is not None and int(seconds) > 0:
            response.cache_expires(seconds=int(seconds))
            return
    set_headers(response, {"Cache-Control": "no-cache, no-store"})


def _event_timestamp(resource: Any, result: Any, action: ACTIONS) -> int:
    """Timestamp of the list after the operation, without a needless read.

    A read event is stacked only if somebody subscribes, hence the cheapest exact value.
    """
    if action is ACTIONS.READ:
        if isinstance(result, dict):
            return int(result.get(resource.model.modified_field, 0) or 0)
        return int(resource.timestamp)
    return int(resource.model.timestamp())


def _without(field: str, obj: KintoObject) -> KintoObject:
    return {name: value for name, value in obj.items() if name != field}
