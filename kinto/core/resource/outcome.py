"""What a resource answers: the body, its validators and cache headers, the event to notify."""

from __future__ import annotations

import email.utils
import functools
from typing import Any

from pyramid.httpexceptions import HTTPServiceUnavailable

from kinto.core.events.kinds import ACTIONS
from kinto.core.http.failures import http_error
from kinto.core.protocol.failures import ERRORS
from kinto.core.protocol.terms import KintoObject
from kinto.core.protocol.timestamps import etag
from kinto.core.storage.exceptions import ReadonlyError

_LAST_SECOND = 253402300799  # 9999-12-31T23:59:59Z: what an HTTP date can say.


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
        message = (
            "Resource timestamp cannot be written. "
            "Plural endpoint must be hit at least once from a writable instance."
        )
        retry_after = resource.request.registry.settings.get("retry_after_seconds", 3)
        raise http_error(
            HTTPServiceUnavailable(headers=(("Retry-After", str(retry_after)),)),
            errno=ERRORS.BACKEND,
            message=message,
        ) from error


def add_timestamp_header(response: Any, *, timestamp: int) -> None:
    """Set `ETag` and `Last-Modified` (RFC 9110, 8.8).

    Args:
        timestamp: in milliseconds.
    """
    headers = response.headers
    headers["ETag"] = etag(timestamp)
    headers["Last-Modified"] = _http_date(timestamp // 1000)


def add_cache_header(resource: Any, response: Any) -> None:
    """Authenticated answers are never cached; anonymous ones as the settings say (http: 6.5)."""
    request = resource.request
    name = f"{request.current_resource_name}_cache_expires_seconds"
    seconds = request.registry.settings.get(name)
    is_anonymous = request.prefixed_userid is None
    if is_anonymous and seconds is not None and int(seconds) > 0:
        response.cache_expires(seconds=int(seconds))
    else:
        response.headers["Cache-Control"] = "no-cache, no-store"


@functools.lru_cache(maxsize=1024)
def _http_date(second: int) -> str:
    # Timestamps of clients may be before 1970 or absurdly late; the header must still be a date.
    return email.utils.formatdate(max(-62135596800, min(second, _LAST_SECOND)), usegmt=True)


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
