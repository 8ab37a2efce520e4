"""Requests made inside a request: built from a description, run, and described."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from io import BytesIO
from typing import Any
from urllib.parse import quote, unquote

from pyramid import httpexceptions
from pyramid.request import Request, apply_request_extensions

from kinto.core.http.rendering import is_as_rendered
from kinto.core.runtime import json

_PRINTABLE = "".join(chr(code) for code in range(0x21, 0x7F))
_INHERITED = (
    "SCRIPT_NAME",
    "SERVER_NAME",
    "SERVER_PORT",
    "REMOTE_ADDR",
    "wsgi.url_scheme",
    # So that `request.tm` is the manager of the transaction under way.
    "tm.active",
    "tm.manager",
)


def build_request(original: Any, dict_obj: Mapping[str, Any]) -> Request:
    """Make a sub-request.

    Args:
        original: the request in which it runs; its headers are inherited.
        dict_obj: `path`, and optionally `method` ("GET"), `headers`, `body` (a mapping or list is
            sent as JSON). The API prefix of the original is added to a path that lacks it.
    """
    path = with_prefix(str(dict_obj["path"]), prefix_of(original))
    path, mark, query = path.partition("?")
    payload = dict_obj.get("body") or b""
    if not isinstance(payload, (str, bytes)):
        payload = json.dumps(payload)
    if isinstance(payload, str):
        payload = payload.encode("utf-8")
    environ = _inherited_environ(original)
    environ |= _header_environ(original, dict_obj.get("headers") or {})
    environ["REQUEST_METHOD"] = str(dict_obj.get("method") or "GET")
    if payload:
        environ["CONTENT_TYPE"] = "application/json; charset=utf-8"
        environ["CONTENT_LENGTH"] = str(len(payload))
        environ["wsgi.input"] = BytesIO(payload)
        environ["webob.is_body_seekable"] = True
    request = _request_class(original.registry).blank(
        quote(path, safe=_PRINTABLE) + mark + quote(query, safe=_PRINTABLE), environ
    )
    request.registry = original.registry
    apply_extensions(request)
    # What tells a sub-request from one that came over the network.
    request.parent = original
    return request


def prefix_of(original: Any) -> str:
    """The API prefix of a request, such as `/v1`."""
    return "/" + str(original.upath_info.split("/")[1])


def with_prefix(path: str, prefix: str) -> str:
    """The path with the prefix, unless it begins with it."""
    return path if path.startswith(prefix) else prefix + path


def own_headers(original: Any, headers: Mapping[str, str]) -> Mapping[str, str]:
    """The headers of a sub-request that are not, with the same value, those of the original."""
    if not headers:
        return headers
    environ = original.environ
    return {name: text for name, text in headers.items() if environ.get(_key_of(name)) != text}


def build_response(response: Any, request: Any, *, decode: bool = True) -> dict[str, Any]:
    """Describe a response: `path`, `status`, `headers` and `body` (JSON when it is JSON).

    Args:
        decode: False if a JSON body may stay a text inside the JSON text of the description.
    """
    body: Any = ""
    if request.method == "HEAD" or not response.body:
        pass
    elif not decode and is_as_rendered(response):
        body = json.Fragment(response.body)
    else:
        try:
            body = json.loads_trusted(response.body)
        except ValueError:
            body = response.body.decode("utf-8", "replace")
    return {
        "path": _readable_path(request),
        "status": response.status_code,
        "headers": dict(response.headerlist),
        "body": body,
    }


def _readable_path(request: Any) -> str:
    """The path as it was sent: an alias may have been resolved since."""
    if (sent := vars(request).get("sent_path")) is not None:
        return str(sent)
    path: str = request.environ["SCRIPT_NAME"] + request.environ["PATH_INFO"]
    if path.isascii():
        return path
    try:
        return unquote(request.path)
    except UnicodeDecodeError:
        # Refused because of it; it has to be shown all the same.
        return str(request.environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace"))


def follow_subrequest(request: Any, subrequest: Any, **kwargs: Any) -> tuple[Any, Any]:
    """Run a sub-request, following one redirection.

    Args:
        kwargs: of `request.invoke_subrequest`.
    Returns:
        The response, and the request that got it (another one after a redirection).
    Raises:
        HTTPException: the rendered answer of a failure, when it is below 500.
        Exception: the original exception of any other failure.
    """
    response = _run(request, subrequest, kwargs)
    location = response.headers.get("Location")
    if not (300 <= response.status_code < 400 and location):
        return response, subrequest
    again = _redirected(subrequest, location)
    return request.invoke_subrequest(again, **kwargs), again


def apply_extensions(request: Any) -> None:
    """Give a request built by hand what the application adds to requests."""
    compiled = vars(request.registry).get("request_class")
    if compiled is None or not isinstance(request, compiled):
        apply_request_extensions(request)


def _run(request: Any, subrequest: Any, kwargs: dict[str, Any]) -> Any:
    try:
        return request.invoke_subrequest(subrequest, **kwargs)
    except httpexceptions.HTTPRedirection as redirection:
        return redirection
    except Exception as failure:
        response = _rendered(subrequest)
        if response is None or response.status_code >= 500:
            raise
        if response.status_code < 400:
            return response  # The redirection of a trailing slash comes as an answer to a 404.
        if isinstance(response, Exception):
            raise response from failure
        raise _as_exception(response) from failure


def _rendered(subrequest: Any) -> Any:
    """What the exception views make of the exception being handled; None without view."""
    try:
        return subrequest.invoke_exception_view(sys.exc_info())
    except httpexceptions.HTTPNotFound:
        return None


def _as_exception(response: Any) -> httpexceptions.HTTPException:
    """An exception with the status, headers and body of a plain response."""
    kind = httpexceptions.status_map.get(response.status_code, httpexceptions.HTTPClientError)
    exception: httpexceptions.HTTPException = kind()
    exception.status = response.status
    exception.headerlist = list(response.headerlist)
    exception.body = response.body
    return exception


def _redirected(subrequest: Any, location: str) -> Any:
    again = _request_class(subrequest.registry).blank(
        path=location,
        headers={k: v for k, v in subrequest.headers.items() if k.lower() != "content-length"},
        POST=subrequest.body or None,
        method=subrequest.method,
    )
    again.registry = subrequest.registry
    apply_extensions(again)
    again.bound_data = subrequest.bound_data
    if (parent := getattr(subrequest, "parent", None)) is not None:
        again.parent = parent
    return again


def _request_class(registry: Any) -> type[Request]:
    compiled: type[Request] | None = vars(registry).get("request_class")
    return compiled or Request


def _inherited_environ(original: Any) -> dict[str, Any]:
    environ = getattr(original, "environ", None)
    if not isinstance(environ, Mapping):
        return {}
    return {name: environ[name] for name in _INHERITED if name in environ}


def _header_environ(original: Any, own: Mapping[str, Any]) -> dict[str, str]:
    """Headers of the original, overridden by those of the sub-request, as a WSGI environment."""
    inherited: dict[str, str] | None = vars(original).get("_inherited_headers")
    if inherited is None:
        inherited = {_key_of(name): str(value) for name, value in original.headers.items()}
        inherited.pop("CONTENT_LENGTH", None)
        vars(original)["_inherited_headers"] = inherited
    if not own:
        return inherited
    merged = {**inherited, **{_key_of(name): str(value) for name, value in own.items()}}
    merged.pop("CONTENT_LENGTH", None)
    return merged


def _key_of(header: Any) -> str:
    key = str(header).upper().replace("-", "_")
    return key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
