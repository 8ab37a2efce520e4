"""One HTTP request to an application under test, byte by byte, and what every answer must satisfy.

`call` speaks WSGI itself, so that a test may send what client libraries refuse to: any path, any
query string, any body. `check_answer` holds the promises of all answers: no 5xx, the error
envelope, header lines that are whole.
"""

from __future__ import annotations

import io
import json as stdlib_json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from tests.factories import credentials

ERRNOS = {
    400: {107},
    401: {104, 105, 999},
    403: {121},
    404: {110, 111, 116},
    405: {115},
    406: {107},
    409: {122},
    410: {202},
    412: {114},
    413: {113},
    415: {107},
    503: {201},
}
BATCHED_ERRNOS = {status: errnos | {999} for status, errnos in ERRNOS.items()}
ENVELOPE = {"code", "errno", "error", "message", "info", "details"}
MISSING: Any = object()


@dataclass(frozen=True)
class Answer:
    """What came back: status, header lines in order, body."""

    status: int
    lines: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def headers(self) -> dict[str, str]:
        """Headers by lower-case name (the last one of a repeated name)."""
        return {name.lower(): value for name, value in self.lines}

    @property
    def json(self) -> Any:
        return stdlib_json.loads(self.body)

    @property
    def data(self) -> Any:
        return self.json["data"]

    @property
    def ids(self) -> list[str]:
        """Ids of a list, in order."""
        return [obj["id"] for obj in self.data]

    @property
    def etag(self) -> int:
        """The timestamp in the `ETag`."""
        return int(self.headers["etag"].strip('"'))

    @property
    def error(self) -> tuple[int, int, str | None]:
        """Status, errno and message of an error."""
        return self.status, self.json["errno"], self.json.get("message")


def call(
    api: Any,
    method: str,
    url: str,
    *,
    user: str | None = None,
    headers: Mapping[str, str] | None = None,
    json: Any = MISSING,
    body: bytes = b"",
    prefix: str = "/v1",
) -> Answer:
    """Send one request and give back its checked answer.

    Args:
        api: a `factories.Api`.
        url: path, percent-encoded, and query string; `prefix` is put before it.
        user: name of a basicauth user; None for anonymous.
        json: sent as body with its content type, unless `headers` has one.
        body: bytes to send as they are.
    """
    path, _, query = f"{prefix}{url}".partition("?")
    sent = {**({} if user is None else credentials(user)), **(headers or {})}
    if json is not MISSING:
        body = stdlib_json.dumps(json).encode()
        sent.setdefault("Content-Type", "application/json")
    environ = _environ(method, path, query, sent, body)
    answer = _run(api.app, environ)
    check_answer(answer, method=method)
    return answer


def check_answer(answer: Answer, *, method: str) -> None:
    """Assert what holds for every answer, whatever the request was."""
    for name, value in answer.lines:
        assert not set("\r\n\0") & set(name + value), f"broken header line {name!r}: {value!r}"
    assert answer.status < 500, answer
    assert answer.headers["x-content-type-options"] == "nosniff" or answer.status == 410
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    if answer.status == 304:
        assert answer.body == b""
        return
    if method == "HEAD":
        assert answer.body == b""
    else:
        assert int(answer.headers["content-length"]) == len(answer.body)
    if answer.status >= 400 and method != "HEAD":
        assert answer.headers["content-type"] == "application/json"
        check_envelope(answer.status, answer.json)


def check_envelope(status: int, body: Any, *, errnos: Mapping[int, set[int]] = ERRNOS) -> None:
    """Assert that an error has the body of errors (http: 2.1)."""
    assert isinstance(body, dict) and body.keys() <= ENVELOPE, body
    assert body["code"] == status
    assert isinstance(body["error"], str) and body["error"]
    assert body["errno"] in errnos[status], body
    assert None not in body.values()
    for detail in body.get("details", ()) if status == 400 else ():
        assert detail.keys() == {"location", "name", "description"}
        assert detail["location"] in ("body", "querystring", "header", "path", "cookies")


def _environ(
    method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
) -> dict[str, Any]:
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query.encode("utf-8", "surrogateescape").decode("latin-1"),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "localhost",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    if body:
        environ["CONTENT_LENGTH"] = str(len(body))
    for name, value in headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
    return environ


def _run(application: Any, environ: dict[str, Any]) -> Answer:
    started: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        started[:] = [int(status.split(" ", 1)[0]), tuple(headers)]
        return lambda data: None

    chunks = application(environ, start_response)
    try:
        body = b"".join(chunks)
    finally:
        if hasattr(chunks, "close"):
            chunks.close()
    return Answer(started[0], started[1], body)
