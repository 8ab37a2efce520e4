"""GET and HEAD, on one object and on a list. A read writes nothing."""

from __future__ import annotations

from typing import Any

from kinto.core.http.headers import send_alert
from kinto.core.protocol.querystring import shows_tombstones

_TO_IS_DEPRECATED = "_to is now deprecated, you should use _before instead"
_TO_HELP = (
    "https://kinto.readthedocs.io/en/2.4.0/api/resource.html#list-of-available-url-parameters"
)


def get(resource: Any) -> dict[str, Any]:
    """One object, or the fields asked for."""
    resource._raise_400_if_invalid_id(resource.object_id)
    obj = resource._get_object_or_404(resource.object_id)
    resource._raise_304_if_not_modified(obj)
    resource._raise_412_if_modified(obj)
    fields = resource._extract_partial_fields()
    response = resource.request.response
    resource._add_timestamp_header(response, timestamp=obj[resource.model.modified_field])
    resource._add_cache_header(response)
    return resource.postprocess(resource._project(obj, fields))  # type: ignore[no-any-return]


def plural_head(resource: Any) -> dict[str, Any]:
    """Number of live objects that match, in headers."""
    resource._raise_304_if_not_modified()
    resource._raise_412_if_modified()
    response = resource.request.response
    resource._add_timestamp_header(response)
    resource._add_cache_header(response)
    filters = resource._extract_filters()
    total = str(resource.model.count_objects(filters, **_restriction(resource)))
    response.headers["Total-Objects"] = total
    # The name of this header before objects were told from records.
    response.headers["Total-Records"] = total
    return resource.postprocess([])  # type: ignore[no-any-return]


def plural_get(resource: Any) -> dict[str, Any]:
    """One page of the list, with its timestamp: both of the same moment."""
    resource._raise_304_if_not_modified()
    resource._raise_412_if_modified()
    _warn_of_deprecated_parameters(resource)

    filters = resource._extract_filters()
    limit = resource._extract_limit()
    sorting = resource._extract_sorting(limit)
    fields = resource._extract_partial_fields()
    rules = resource._extract_pagination_rules_from_token(limit, sorting)
    timestamp, objects = _page(
        resource,
        filters=filters,
        sorting=sorting,
        pagination_rules=rules,
        # One more than a page, to know whether another one follows.
        limit=None if limit is None else limit + 1,
        include_deleted=shows_tombstones(filters, modified_field=resource.model.modified_field),
    )

    response = resource.request.response
    resource._add_timestamp_header(response, timestamp=timestamp)
    resource._add_cache_header(response)
    if limit is not None and len(objects) > limit:
        objects = objects[:limit]
        url = resource._next_page_url(sorting, limit, objects[-1], offset=0)
        response.headers["Next-Page"] = url
    if fields is not None:
        objects = [resource._project(obj, fields) for obj in objects]
    return resource.postprocess(objects)  # type: ignore[no-any-return]


def _page(resource: Any, **query: Any) -> tuple[int, list[Any]]:
    model = resource.model
    if hasattr(model, "get_page"):
        page: tuple[int, list[Any]] = model.get_page(**query, **_restriction(resource))
        return page
    # A model made by hand needs no more than the published methods.
    return resource.timestamp, model.get_objects(**query)


def _restriction(resource: Any) -> dict[str, Any]:
    """The ids that the caller may see, when the list is not readable as a whole."""
    shared_ids = getattr(resource.context, "shared_ids", None)
    return {} if shared_ids is None else {"only_ids": shared_ids}


def _warn_of_deprecated_parameters(resource: Any) -> None:
    if "_to" in resource.request.validated.get("querystring", ()):
        send_alert(resource.request, _TO_IS_DEPRECATED, url=_TO_HELP)
