"""POST /batch: several requests as one unit of work.

A sub-request refused with a 4xx leaves no trace of itself and the others stand. Any other failure
undoes the whole unit, and the whole answer says so.
"""

from __future__ import annotations

import logging
import re
from contextlib import suppress
from typing import Any

import colander
from pyramid.httpexceptions import HTTPException, HTTPNotModified
from pyramid.security import NO_PERMISSION_REQUIRED

from kinto.core.authentication.identity import (
    may_share_identity,
    share_identity,
    take_identity,
)
from kinto.core.authorization.principals import forget_principals
from kinto.core.cornice.validation import colander_validator
from kinto.core.events.dispatch import STACK, dispatch_pending
from kinto.core.http.failures import ErrorSchema, http_error, raise_invalid
from kinto.core.http.lookup import strip_uri_prefix
from kinto.core.http.parents import forget_parents
from kinto.core.http.subrequests import build_request, build_response
from kinto.core.protocol import envelopes
from kinto.core.protocol.failures import ERRORS, Problem
from kinto.core.protocol.identifiers import ancestors, parent_object
from kinto.core.runtime import units
from kinto.core.service import Service

subrequest_logger = logging.getLogger("subrequest.summary")

METHODS = ("GET", "HEAD", "DELETE", "TRACE", "POST", "PUT", "PATCH")
SAFE_METHODS = frozenset(("GET", "HEAD", "TRACE"))
WITHOUT_CREDENTIALS = frozenset(
    ("accept", "content-type", "if-match", "if-none-match", "response-behavior")
)
"""Headers that say nothing of the caller."""


# What no HTTP header may hold; a server would have refused it before it came here.
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def _header_texts(node: Any, cstruct: Any) -> None:
    """Headers are texts on one line."""
    if any(not isinstance(value, str) for value in cstruct.values()):
        raise colander.Invalid(node, f"{cstruct} contains non string value")
    if any(_CONTROL.search(name + value) for name, value in cstruct.items()):
        raise colander.Invalid(node, f"{cstruct} contains a control character")


class BatchRequestSchema(colander.MappingSchema):
    """One request of a batch, or the defaults of all."""

    # A path may come from the defaults.
    openapi = {"required": None}

    method = colander.SchemaNode(
        colander.String(), validator=colander.OneOf(METHODS), missing=colander.drop
    )
    path = colander.SchemaNode(colander.String(), validator=colander.Regex("^/"))
    headers = colander.SchemaNode(
        colander.Mapping(unknown="preserve"),
        validator=_header_texts,
        missing=colander.drop,
        openapi={"additionalProperties": {"type": "string"}},
    )
    body = colander.SchemaNode(colander.Mapping(unknown="preserve"), missing=colander.drop)

    @staticmethod
    def schema_type() -> colander.Mapping:
        return colander.Mapping(unknown="raise")


class BatchDefaultsSchema(BatchRequestSchema):
    """Members that each request takes over; even the path is optional."""

    path = colander.SchemaNode(
        colander.String(), validator=colander.Regex("^/"), missing=colander.drop
    )


class BatchPayloadSchema(colander.MappingSchema):
    """The body: `requests`, and `defaults` merged into each of them before they are checked."""

    openapi = {
        "example": {
            "defaults": {"method": "PUT"},
            "requests": [{"path": "/buckets/my-bucket"}, {"path": "/", "method": "GET"}],
        }
    }

    defaults = BatchDefaultsSchema(missing=colander.drop)
    requests = colander.SchemaNode(colander.Sequence(), BatchRequestSchema())

    @staticmethod
    def schema_type() -> colander.Mapping:
        return colander.Mapping(unknown="raise")

    def deserialize(self, cstruct: Any = colander.null) -> Any:
        return super().deserialize(_with_defaults(cstruct))


def _with_defaults(cstruct: Any) -> Any:
    """The body with its requests completed, where its shape allows it."""
    if not isinstance(cstruct, dict):
        return cstruct
    defaults, requests = cstruct.get("defaults"), cstruct.get("requests")
    if not isinstance(defaults, dict) or not isinstance(requests, list):
        return cstruct
    merged = [
        envelopes.merge_defaults(item, defaults) if isinstance(item, dict) else item
        for item in requests
    ]
    return {**cstruct, "requests": merged}


def check_size(request: Any, **kwargs: Any) -> None:
    """Refuse too many requests before their defaults multiply them."""
    try:
        requests = request.json["requests"] if request.body else []
        maximum = request.registry.settings.get("batch_max_requests")
        if isinstance(requests, list):
            envelopes.check_count(len(requests), maximum=int(maximum or 0))
    except Problem as problem:
        raise_invalid(request, problem.location, problem.name, problem.description)
    except (ValueError, TypeError, KeyError):
        return  # No such body: the schema says what is wrong with it.


class BatchRequest(colander.MappingSchema):
    body = BatchPayloadSchema()


class BatchResponseBodySchema(colander.MappingSchema):
    """One answer for each request, in order."""

    @colander.instantiate(missing=colander.drop)
    class responses(colander.SequenceSchema):
        response = colander.SchemaNode(colander.Mapping(unknown="preserve"))


class BatchResponseSchema(colander.MappingSchema):
    body = BatchResponseBodySchema()


class ErrorResponseSchema(colander.MappingSchema):
    body = ErrorSchema()


batch = Service(name="batch", path="/batch", description="Batch operations")


def check_paths(request: Any, **kwargs: Any) -> None:
    """Refuse a batch in the batch."""
    body = request.validated.get("body")
    if request.errors or body is None:
        return
    try:
        envelopes.check_paths([item["path"] for item in body["requests"]])
    except Problem as problem:
        request.errors.add(problem.location, problem.name, problem.description)


@batch.post(
    schema=BatchRequest(),
    validators=(check_size, colander_validator, check_paths),
    content_type=["application/json"],
    permission=NO_PERMISSION_REQUIRED,
    tags=["Batch"],
    operation_id="batch",
    response_schemas={
        "200": BatchResponseSchema(description="Return a list of operation responses."),
        "400": ErrorResponseSchema(description="The request was badly formatted."),
        "default": ErrorResponseSchema(description="an unknown error occurred."),
    },
)
def post_batch(request: Any) -> dict[str, Any]:
    """Carry out the requests in order."""
    specifications = request.validated["body"]["requests"]
    request.log_context(batch_size=len(specifications))
    subrequests = [build_request(request, item) for item in specifications]
    _prepare(request, specifications, subrequests)
    is_shared = may_share_identity(request.registry)
    answers = []
    for specification, subrequest in zip(specifications, subrequests, strict=True):
        shares = is_shared and _has_no_credentials(specification)
        answers.append(_answer(request, subrequest, shares=shares))
    return {"responses": answers}


def _prepare(request: Any, specifications: list[Any], subrequests: list[Any]) -> None:
    """Lock every list that will be written, in one order for all, and read what is needed."""
    # Credentials may take long to verify: never under a lock.
    request.authenticated_userid  # noqa: B018
    callers = [_caller(request, item) for item in specifications]
    if units.current() is None:
        return
    storage = request.registry.storage
    targets = [_target_uri(*pair) for pair in zip(subrequests, callers, strict=True)]
    written = {
        _list_of(uri)
        for uri, item in zip(targets, subrequests, strict=True)
        if item.method not in SAFE_METHODS
    }
    for resource_name, parent_id in sorted(written - {None}):
        storage.lock_parent(resource_name, parent_id)
    above = [parent for uri in targets for parent in ancestors(uri)]
    wanted = list(dict.fromkeys([*targets, *above]))
    storage.prefetch([key for key in map(parent_object, wanted) if key is not None])
    request.registry.permission.prefetch([uri for uri in wanted if parent_object(uri)])


def _caller(request: Any, specification: Any) -> Any:
    """An authenticated request of the caller of a sub-request, which may have credentials.

    Not the sub-request itself: what it finds out stays, and groups may change before its turn.
    """
    if _has_no_credentials(specification):
        return request
    caller = build_request(request, specification)
    with suppress(HTTPException):  # Its own answer, when its turn comes.
        caller.authenticated_userid  # noqa: B018
    return caller


def _has_no_credentials(specification: Any) -> bool:
    """Whether a sub-request has the caller of the batch, going by its headers."""
    own = specification.get("headers")
    return not own or {str(name).lower() for name in own} <= WITHOUT_CREDENTIALS


def _target_uri(request: Any, caller: Any) -> str:
    """URI of what a sub-request writes: an object, or a list."""
    try:
        uri = strip_uri_prefix(request.path_info)
    except UnicodeDecodeError:
        return ""  # Refused when its turn comes.
    with suppress(HTTPException):  # The caller is refused when the turn comes.
        for alias in getattr(request.registry, "uri_aliases", ()):
            uri = alias(caller, uri)
    return uri


def _list_of(uri: str) -> tuple[str, str] | None:
    """Resource name and parent of the list that holds, or is, what a URI names."""
    key = parent_object(uri) or parent_object(f"{uri}/any")
    return None if key is None else key[:2]


def _answer(request: Any, subrequest: Any, *, shares: bool) -> dict[str, Any]:
    """Run one request in its own savepoint; with the caller of those before if it `shares` it."""
    _finish_cascades(request, subrequest)
    if shares:
        take_identity(subrequest)
    unit = units.current()
    savepoint = unit.savepoint() if unit is not None else None
    collector = request.bound_data.get(STACK)
    events = None if collector is None else collector.mark()
    try:
        response, subrequest = request.follow_subrequest(subrequest, use_tweens=False)
    except HTTPNotModified as not_modified:
        response = not_modified
    except HTTPException as refusal:
        if refusal.status_code >= 500:
            raise
        response = refusal
        if not refusal.has_body or refusal.content_type != "application/json":
            response = http_error(refusal, errno=ERRORS.UNDEFINED)
    if response.status_code >= 400:
        if savepoint is not None:
            savepoint.rollback()
        _drop_events(request, events)
        forget_principals(request)
        forget_parents(request)
    elif subrequest.method not in SAFE_METHODS and _may_change_groups(subrequest):
        forget_principals(request)
    elif shares:
        share_identity(subrequest)
    description = build_response(response, subrequest, decode=False)
    _log(request, subrequest, description)
    return description


def _drop_events(request: Any, mark: Any) -> None:
    """Forget the events of a refused sub-request."""
    if mark is None:
        request.bound_data.pop(STACK, None)
    else:
        request.bound_data[STACK].rollback_to(mark)


def _finish_cascades(request: Any, subrequest: Any) -> None:
    """What was deleted is gone, with all below it, before anything there is asked for again.

    The list it stood in is asked for again too: its time remembers those of the lists below.
    """
    deleted = request.bound_data.get("deleted_parents", ())
    if not deleted:
        return
    uri = _target_uri(subrequest, subrequest)
    if any(
        uri == parent or uri.startswith(f"{parent}/") or uri == parent.rpartition("/")[0]
        for parent in deleted
    ):
        dispatch_pending(request)


def _may_change_groups(subrequest: Any) -> bool:
    try:
        name = subrequest.current_resource_name
    except AttributeError:
        return True
    return name not in ("record", "collection")


def _log(request: Any, subrequest: Any, description: dict[str, Any]) -> None:
    if not subrequest_logger.isEnabledFor(logging.INFO):
        return
    subrequest_logger.info(
        "subrequest.summary",
        extra={
            # A view may have said what of its path is for logs.
            "path": subrequest.log_context().get("path", description["path"]),
            "method": subrequest.method,
            "code": description["status"],
        },
    )
