"""GET and HEAD, on one object and on a list. A read writes nothing."""

from __future__ import annotations

from typing import Any

from kinto.core.cornice.views import SPLICES
from kinto.core.events.dispatch import has_readers
from kinto.core.http.headers import send_alert
from kinto.core.protocol.querystring import shows_tombstones
from kinto.core.protocol.terms import Sort
from kinto.core.resource.splicing import splice
from kinto.core.runtime import json
from kinto.core.storage.pages import JSONPage

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


def plural_get(resource: Any, *, spliced: bool = False) -> Any:
    """One page of the list, with its timestamp: both of the same moment.

    Args:
        spliced: whether a response made of stored texts will do, if nobody looks at the objects.
    """
    resource._raise_304_if_not_modified()
    resource._raise_412_if_modified()
    _warn_of_deprecated_parameters(resource)

    filters = resource._extract_filters()
    limit = resource._extract_limit()
    sorting = resource._extract_sorting(limit)
    fields = resource._extract_partial_fields()
    query = {
        "filters": filters,
        "sorting": sorting,
        "pagination_rules": resource._extract_pagination_rules_from_token(limit, sorting),
        "include_deleted": shows_tombstones(filters, modified_field=resource.model.modified_field),
    }
    if spliced and fields is None and _nobody_looks(resource):
        page = resource.model.get_json_page(**query, limit=limit, **_restriction(resource))
        if page is not None:
            return _as_stored(resource, page, sorting=sorting, limit=limit)

    # One more than a page, to know whether another one follows.
    timestamp, objects = _page(resource, **query, limit=None if limit is None else limit + 1)
    response = resource.request.response
    resource._add_timestamp_header(response, timestamp=timestamp)
    resource._add_cache_header(response)
    if limit is not None and len(objects) > limit:
        objects = objects[:limit]
        url = resource._next_page_url(sorting, limit, objects[-1], offset=0)
        response.headers["Next-Page"] = url
    if fields is not None:
        objects = [resource._project(obj, fields) for obj in objects]
    return resource.postprocess(objects)


def _nobody_looks(resource: Any) -> bool:
    """Whether the objects of this request are for its client alone."""
    request = resource.request
    return (
        vars(request).get(SPLICES, False)
        and hasattr(resource.model, "get_json_page")
        and not has_readers(request.registry)
    )


def _as_stored(resource: Any, page: JSONPage, *, sorting: list[Sort], limit: int | None) -> Any:
    """The response with a page of stored texts, which are not copied once more."""
    response = resource.request.response
    resource._add_timestamp_header(response, timestamp=page.timestamp)
    resource._add_cache_header(response)
    headers = {}
    if page.more and limit is not None:
        last = json.loads_trusted(page.last)
        headers["Next-Page"] = resource._next_page_url(sorting, limit, last, offset=0)
    return splice(resource.request, page, headers)


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
