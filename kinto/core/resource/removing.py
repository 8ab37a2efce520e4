"""DELETE, of one object and of a list."""

from __future__ import annotations

from typing import Any

from kinto.core.events.kinds import ACTIONS
from kinto.core.http.failures import raise_invalid
from kinto.core.protocol.querystring import native_value
from kinto.core.protocol.terms import COMPARISON, Filter, Sort
from kinto.core.protocol.timestamps import is_acceptable, proposal
from kinto.core.runtime import clock


def delete(resource: Any) -> dict[str, Any]:
    """Leave a tombstone in place of the object; the client may propose its timestamp."""
    resource._raise_400_if_invalid_id(resource.object_id)
    obj = resource._get_object_or_404(resource.object_id)
    resource._raise_412_if_modified(obj)
    wanted = _wanted_timestamp(resource, obj)
    tombstone = resource.model.delete_object(obj, last_modified=wanted)
    response = resource.request.response
    resource._add_timestamp_header(response, timestamp=tombstone[resource.model.modified_field])
    return resource.postprocess(  # type: ignore[no-any-return]
        tombstone, action=ACTIONS.DELETE, old=obj
    )


def plural_delete(resource: Any) -> dict[str, Any]:
    """Delete the live objects that match and that the caller may write, page by page if asked."""
    model = resource.model
    model.storage.lock_parent(model.resource_name, model.parent_id)
    resource._raise_412_if_modified()
    filters = resource._extract_filters()
    limit = resource._extract_limit()
    sorting = resource._extract_sorting(limit)
    rules = resource._extract_pagination_rules_from_token(limit, sorting)
    shared_ids = getattr(resource.context, "shared_ids", None)
    restriction = {} if shared_ids is None else {"only_ids": shared_ids}

    old = model.get_objects(
        filters=filters,
        sorting=sorting,
        pagination_rules=rules,
        limit=None if limit is None else limit + 1,
        **restriction,
    )
    has_more = limit is not None and len(old) > limit
    old = old[:limit] if has_more else old
    deleted = _delete(resource, old, sorting)

    response = resource.request.response
    if deleted:
        newest = max(tombstone[model.modified_field] for tombstone in deleted)
        resource._add_timestamp_header(response, timestamp=newest)
        if has_more:
            url = resource._next_page_url(sorting, limit, old[-1], offset=0)
            response.headers["Next-Page"] = url
        by_id = {tombstone[model.id_field]: tombstone for tombstone in deleted}
        old = [obj for obj in old if obj[model.id_field] in by_id]
        deleted = [by_id[obj[model.id_field]] for obj in old]
        return resource.postprocess(  # type: ignore[no-any-return]
            deleted, action=ACTIONS.DELETE, old=old
        )
    resource._add_timestamp_header(response)
    return resource.postprocess([])  # type: ignore[no-any-return]


def _delete(resource: Any, objects: list[Any], sorting: list[Sort]) -> list[Any]:
    """Delete exactly the objects that were shown, dated in their order whatever the backend."""
    if not objects:
        return []
    model = resource.model
    ids = [obj[model.id_field] for obj in objects]
    by_id = [Filter(model.id_field, ids, COMPARISON.IN)]
    return model.delete_objects(filters=by_id, sorting=sorting)  # type: ignore[no-any-return]


def _wanted_timestamp(resource: Any, obj: Any) -> int | None:
    """`?last_modified=` of the request, when it is later than the object's.

    Raises:
        HTTPBadRequest: it is no integer, or a day ahead.
    """
    field = resource.model.modified_field
    raw = resource.request.GET.get(field)
    if raw is None:
        return None
    value = native_value(raw.strip('"'))
    is_integer = isinstance(value, int) and not isinstance(value, bool)
    if not is_integer or not is_acceptable(value, now=clock.now_ms()):
        raise_invalid(
            resource.request,
            location="querystring",
            name=field,
            description=f"Invalid value for {field}",
        )
    return proposal(value, current=obj[field])
