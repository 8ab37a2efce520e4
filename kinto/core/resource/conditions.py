"""304, 412 and 404 of resource endpoints: what ends a request before it is carried out."""

from __future__ import annotations

from typing import Any

from kinto.core.http import conditional
from kinto.core.protocol.preconditions import Decision, decide
from kinto.core.protocol.terms import KintoObject


def raise_if_not_modified(resource: Any, obj: KintoObject | None) -> None:
    """Answer 304 when `If-None-Match` names the current version (RFC 9110, 13.1.2).

    Raises:
        HTTPNotModified: with the validators of the current version.
    """
    if "If-None-Match" not in resource.request.validated.get("header", ()):
        return
    if _decide(resource, obj, exists=True) is Decision.NOT_MODIFIED:
        raise conditional.not_modified(_current(resource, obj))


def raise_if_modified(resource: Any, obj: KintoObject | None, *, exists: bool = True) -> None:
    """Answer 412 when a precondition fails on the version just read.

    The stored object is shown only to who may read it.

    Args:
        obj: the targeted object; None for a list, and for what does not exist.
        exists: False when the target of a PUT or POST does not exist.
    Raises:
        HTTPPreconditionFailed: with the validators of the current version.
    """
    headers = resource.request.validated.get("header", ())
    if "If-Match" not in headers and "If-None-Match" not in headers:
        return
    if _decide(resource, obj, exists=exists) is not Decision.FAILED:
        return
    existing = None
    if obj is not None and _may_show(resource):
        hidden = resource.model.permissions_field
        existing = {name: value for name, value in obj.items() if name != hidden}
    raise conditional.precondition_failed(_current(resource, obj), existing=existing)


def _decide(resource: Any, obj: KintoObject | None, *, exists: bool) -> Decision:
    headers = resource.request.validated.get("header", {})
    return decide(
        resource.request.method,
        exists=exists,
        current=_current(resource, obj),
        if_match=headers.get("If-Match"),
        if_none_match=headers.get("If-None-Match"),
    )


def _current(resource: Any, obj: KintoObject | None) -> int:
    if obj is None:
        return int(resource.timestamp)
    return int(obj[resource.model.modified_field])


def _may_show(resource: Any) -> bool:
    context = resource.context
    may_read = getattr(context, "may_read_current_object", None)
    return may_read is None or bool(may_read())
