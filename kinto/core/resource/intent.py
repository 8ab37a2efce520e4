"""What a request asks of a resource: ids, filters, order, page and projection, or a 400."""

from __future__ import annotations

from typing import Any, NoReturn

from kinto.core.http.failures import raise_invalid
from kinto.core.protocol import querystring
from kinto.core.protocol.failures import Problem
from kinto.core.protocol.projection import extract_fields
from kinto.core.protocol.terms import Filter, Sort
from kinto.core.runtime import clock


def object_id(resource: Any) -> str | None:
    """Id of the targeted object; for POST the one in the body, None when it has none.

    Raises:
        HTTPBadRequest: the body's id is malformed.
    """
    request = resource.request
    if request.method.upper() != "POST":
        found = request.matchdict.get("id") if request.matchdict else None
        return None if found is None else str(found)
    data = _body_data(request)
    field = resource.model.id_field
    if field not in data:
        return None
    check_id(resource, data[field])
    return str(data[field])


def check_id(resource: Any, value: Any) -> None:
    """Refuse an id that the resource's generator would not accept.

    Raises:
        HTTPBadRequest: `Invalid object id`.
    """
    well_formed = isinstance(value, str) and resource.model.id_generator.match(value)
    if not well_formed or "\n" in value:
        # A pattern ending with `$` accepts a trailing newline: generators of plugins may have one.
        raise_invalid(resource.request, location="path", description="Invalid object id")


def check_same_id(resource: Any, new_id: Any, expected: str) -> None:
    """Refuse a body whose id is not the one of the URL.

    Raises:
        HTTPBadRequest: `Object id does not match existing object`.
    """
    if new_id != expected:
        raise_invalid(
            resource.request,
            name=resource.model.id_field,
            description="Object id does not match existing object",
        )


def filters(resource: Any) -> list[Filter]:
    """Filters of the querystring (http: 5.2 to 5.4)."""
    try:
        return querystring.extract_filters(
            resource.request.validated.get("querystring", {}),
            known_field=resource.is_known_field,
            now=clock.now_ms(),
            id_field=resource.model.id_field,
            modified_field=resource.model.modified_field,
            deleted_field=resource.model.deleted_field,
        )
    except Problem as problem:
        refuse(resource, problem)


def sorting(resource: Any) -> list[Sort]:
    """Order of the list, made total by `last_modified` (http: 5.5)."""
    spec = resource.request.validated.get("querystring", {}).get("_sort", [])
    try:
        return querystring.extract_sorting(
            spec,
            known_field=resource.is_known_field,
            modified_field=resource.model.modified_field,
        )
    except Problem as problem:
        refuse(resource, problem)


def limit(resource: Any) -> int | None:
    """Objects in one page: what was asked, under the server's caps (http: 5.6)."""
    settings = resource.request.registry.settings
    paginate_by = settings.get("paginate_by")
    asked = resource.request.validated.get("querystring", {}).get("_limit")
    return querystring.effective_limit(
        asked,
        paginate_by=int(paginate_by) if paginate_by else None,
        max_fetch_size=int(settings.get("storage_max_fetch_size") or 10000),
    )


def fields(resource: Any) -> list[str] | None:
    """Projection asked for, or None (http: 5.7)."""
    spec = resource.request.validated.get("querystring", {}).get("_fields")
    if not spec:
        return None
    try:
        return extract_fields(spec, known_field=resource.is_known_field)
    except Problem as problem:
        refuse(resource, problem)


def refuse(resource: Any, problem: Problem) -> NoReturn:
    """Answer 400 for a problem found by a protocol rule."""
    raise_invalid(
        resource.request,
        location=problem.location,
        name=problem.name,
        description=problem.description,
    )


def body_id(resource: Any) -> str | None:
    """Id in the body of a POST if there is one, whatever its form."""
    found = _body_data(resource.request).get(resource.model.id_field)
    return found if isinstance(found, str) else None


def _body_data(request: Any) -> dict[str, Any]:
    """`data` of the body, before or after validation; empty when it cannot be read."""
    body = request.validated.get("body")
    if body is None:
        try:
            body = request.json if request.body else {}
        except ValueError:
            return {}  # Refused, with the reason, when the body is validated.
    data = body.get("data") if isinstance(body, dict) else None
    return data if isinstance(data, dict) else {}
