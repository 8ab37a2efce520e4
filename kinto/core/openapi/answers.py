"""What operations answer: the schemas of extensions, the errors any of them may give, headers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import colander
from pyramid.security import NO_PERMISSION_REQUIRED

from kinto.core.http.failures import ErrorSchema

WRITES = ("post", "put", "patch", "delete")
WITH_BODY = ("post", "put", "patch")

ERRORS = {
    "400": "The request is invalid.",
    "401": "The request is missing authentication headers.",
    "403": "The user is not allowed to perform the operation, or the resource is not accessible.",
    "404": "What is named in the path, or one of its parents, does not exist.",
    "409": "Another write came first; nothing was changed.",
    "413": "The body is too large.",
    "415": "The client request was not sent with a correct Content-Type.",
    "503": "A backend does not answer; nothing was changed.",
}

_TEXT = {"type": "string"}
_SECONDS = {"type": "integer"}
_EVERYWHERE = {
    "Backoff": {"type": "integer", "description": "Seconds to wait before the next request."},
    "Alert": {"type": "string", "description": "What is announced of this server, in JSON."},
}
_OF_STATUS = {
    "401": {"WWW-Authenticate": _TEXT},
    "409": {"Retry-After": _SECONDS},
    "412": {"ETag": _TEXT, "Last-Modified": _TEXT},
    "503": {"Retry-After": _SECONDS},
}
_OF_READS = {"Cache-Control": _TEXT, "Expires": _TEXT, "Pragma": _TEXT}
_NEXT_PAGE = {"Next-Page": {"type": "string", "description": "URL of the next page, if any."}}


@dataclass(frozen=True)
class SharedError:
    """An error that an extension brings to endpoints which are not its own."""

    status: str
    description: str
    methods: frozenset[str]
    resources: frozenset[str]

    def concerns(self, method: str, resource_name: str | None) -> bool:
        return method in self.methods and (
            not self.resources or (resource_name or "") in self.resources
        )


def describe_error(
    config: Any,
    status: int,
    description: str,
    *,
    methods: Collection[str] = WRITES,
    resources: Collection[str] = (),
) -> None:
    """Have the document tell of an error that an extension brings to endpoints of others.

    Args:
        config: the configurator, in `includeme`.
        status: HTTP status, in the error envelope.
        description: one sentence.
        methods: HTTP methods in lower case, by default those that write.
        resources: names of resources, by default every endpoint.
    """
    errors = vars(config.registry).setdefault("openapi_errors", [])
    errors.append(SharedError(str(status), description, frozenset(methods), frozenset(resources)))


def describe_route(
    config: Any,
    path: str,
    *,
    method: str = "get",
    name: str,
    summary: str,
    tag: str = "Utilities",
    statuses: Mapping[str, str],
    content_type: str = "application/json",
) -> None:
    """Have the document tell of a plain Pyramid view, which is no service.

    Args:
        config: the configurator, in `includeme`.
        path: pattern of the route.
        method: HTTP method, in lower case.
        name: operation id.
        summary: one sentence.
        tag: where the page shows it.
        statuses: a sentence for each HTTP status.
        content_type: of the answers that are no errors.
    """
    operation = {
        "operationId": name,
        "summary": summary,
        "tags": [tag],
        "security": [],
        "produces": [content_type, "application/json"],
        "responses": {status: {"description": text} for status, text in statuses.items()},
    }
    routes = vars(config.registry).setdefault("openapi_routes", [])
    routes.append((path, method, operation))


def answer(description: str, body: Any = None, *, content_type: str | Sequence[str] = ()) -> Any:
    """One entry of `response_schemas=` of a view.

    Args:
        description: one sentence.
        body: a colander node, or None when nothing is said of the body.
        content_type: media type, or several, for what is not JSON.
    """
    schema = colander.MappingSchema(description=description)
    if body is not None:
        body = body.clone()
        body.name = "body"
        schema.add(body)
    schema.media_types = (content_type,) if isinstance(content_type, str) else content_type
    return schema


def one(description: str) -> Any:
    """An answer that holds one object: `{"data": {...}}`."""
    return answer(description, _envelope(_object("data")))


def many(description: str) -> Any:
    """An answer that holds a list of objects: `{"data": [...]}`."""
    data = colander.SchemaNode(colander.Sequence(), _object("object"), name="data")
    return answer(description, _envelope(data))


def failure(description: str) -> Any:
    """An answer in the envelope of errors."""
    return answer(description, ErrorSchema())


def _object(name: str) -> Any:
    return colander.SchemaNode(colander.Mapping(unknown="preserve"), name=name)


def _envelope(data: Any) -> Any:
    envelope = colander.MappingSchema(title="envelope")
    envelope.add(data)
    return envelope


def media_types(arguments: Mapping[str, Any]) -> list[str]:
    """The types that the answers of a view have besides JSON."""
    schemas = arguments.get("response_schemas", {}).values()
    return list(dict.fromkeys(kind for s in schemas for kind in getattr(s, "media_types", ())))


def complete(
    operation: dict[str, Any],
    *,
    method: str,
    path: str,
    arguments: Mapping[str, Any],
    kind: str | None,
    shared: Collection[str],
    error_schema: dict[str, Any],
) -> None:
    """Add to an operation the errors that it may give, and the headers of all its answers.

    Args:
        operation: changed in place.
        method: in lower case.
        path: the template.
        arguments: of the view.
        kind: "plural", "object", or None for what is no resource.
        shared: pairs of status and description, of errors of extensions.
        error_schema: of the body of errors.
    """
    responses = operation["responses"]
    wanted = {status: ERRORS[status] for status in _statuses(method, path, arguments, kind)}
    for status, description in {**wanted, **dict(shared)}.items():
        responses.setdefault(status, {"description": description, "schema": error_schema})
    for status, response in responses.items():
        headers = dict(response.get("headers", {}))
        if (tag := headers.pop("Etag", None)) is not None:
            headers["ETag"] = tag
        headers |= _headers(status, method=method, kind=kind)
        response["headers"] = headers
    operation["responses"] = dict(sorted(responses.items()))


def _statuses(method: str, path: str, arguments: Mapping[str, Any], kind: str | None) -> list[str]:
    is_protected = arguments.get("permission") not in (None, NO_PERMISSION_REQUIRED)
    has_input = arguments.get("schema") is not None or bool(arguments.get("validators"))
    found = []
    if has_input or kind:
        found += ["400"]
    if is_protected:
        found += ["401", "403"]
    if "{" in path:
        found += ["404"]
    if method in WRITES:
        found += ["409"]
    if method in WITH_BODY:
        found += ["413"]
    if arguments.get("content_type"):
        found += ["415"]
    if is_protected or method in WRITES:
        found += ["503"]
    return found


def _headers(status: str, *, method: str, kind: str | None) -> dict[str, Any]:
    headers = {**_EVERYWHERE, **_OF_STATUS.get(status, {})}
    if status == "200" and kind and method == "get":
        headers |= _OF_READS
    if status == "200" and kind == "plural" and method in ("get", "delete"):
        headers |= _NEXT_PAGE
    return headers


def as_answered(schema: Any, *, is_data: bool = False) -> Any:
    """The schema of a request's body, as that of an answer.

    What the server gives is not always whole: a projection (`_fields`) and tombstones leave
    members out, and attributes of its own are there.
    """
    if not isinstance(schema, dict):
        return schema
    changed = {name: value for name, value in schema.items() if name not in ("required", "default")}
    properties = changed.get("properties")
    if properties is not None:
        changed["properties"] = {
            name: as_answered(value, is_data=name == "data") for name, value in properties.items()
        }
    if "items" in changed:
        changed["items"] = as_answered(changed["items"], is_data=is_data)
    elif is_data:
        changed["properties"] = {**_OWN, **changed.get("properties", {})}
    return changed


_OWN: dict[str, Any] = {
    "id": {"type": "string", "title": "Id"},
    "last_modified": {
        "type": "integer",
        "title": "Last modified",
        "description": "Milliseconds since the epoch, unique in the list.",
    },
    "deleted": {"type": "boolean", "title": "Deleted", "description": "True in tombstones."},
}
