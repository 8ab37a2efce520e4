"""Between granian and our application: requests as waitress gives them, in the same number.

granian calls the application before the body has come, in one of many threads. Here the body is
received first, out of the way of the threads that work, and the environment of the process is
kept from passing as headers.
"""

from __future__ import annotations

import io
import os
import tempfile
import threading
from collections.abc import Callable, Iterable
from typing import IO, Any

from waitress.proxy_headers import proxy_headers_middleware

IN_MEMORY = 524_288
"""Bytes of a body beyond which it waits in a file."""

_CHUNK = 65_536
_ANSWER = b"Request body too large"


class Gateway:
    """A WSGI application around another one.

    Args:
        app: what answers.
        threads: how many requests may be worked on at once.
        max_body: bytes of the largest body; more is a 413.
    """

    def __init__(self, app: Callable[..., Iterable[bytes]], *, threads: int, max_body: int) -> None:
        self._app = app
        self._max_body = max_body
        self._turns = threading.BoundedSemaphore(threads)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ["wsgi.multiprocess"] = True
        chunked = environ.pop("HTTP_TRANSFER_ENCODING", None)
        announced = environ.get("CONTENT_LENGTH") or "0"
        if chunked is not None or announced != "0":
            body = self._received(environ, announced=None if chunked else int(announced))
            if body is None:
                return _too_large(start_response)
            environ["wsgi.input"] = body
        with self._turns:
            answer = self._app(environ, start_response)
        return answer if isinstance(answer, list) else _Closing(answer)

    def _received(self, environ: dict[str, Any], *, announced: int | None) -> IO[bytes] | None:
        """Return the whole body, or None when it is too large."""
        if announced is not None and announced > self._max_body:
            return None
        source = environ["wsgi.input"]
        if announced is not None and announced <= IN_MEMORY:
            return io.BytesIO(source.read(announced))
        # Closed by the collector, with the request.
        body = tempfile.SpooledTemporaryFile(IN_MEMORY)
        while chunk := source.read(_CHUNK):
            body.write(chunk)
            if body.tell() > self._max_body:
                return None
        environ["CONTENT_LENGTH"] = str(body.tell())
        body.seek(0)
        return body


def behind_proxy(app: Any, options: Any) -> Any:
    """Heed the `trusted_proxy` options, `waitress.adjustments.Adjustments`, as waitress does."""
    if not (options.trusted_proxy or options.clear_untrusted_proxy_headers):
        return app
    return proxy_headers_middleware(
        app,
        trusted_proxy=options.trusted_proxy,
        trusted_proxy_count=options.trusted_proxy_count,
        trusted_proxy_headers=options.trusted_proxy_headers,
        clear_untrusted=options.clear_untrusted_proxy_headers,
        log_untrusted=options.log_untrusted_proxy_headers,
    )


def tidy_environment() -> None:
    """Remove from the environment what granian, which copies it, would show as a request's.

    `HTTP_PROXY` stays in force under the name that is no header.
    """
    if "HTTP_PROXY" in os.environ:
        os.environ.setdefault("http_proxy", os.environ["HTTP_PROXY"])
    for name in list(os.environ):
        if name.startswith("HTTP_") or name in ("CONTENT_LENGTH", "CONTENT_TYPE", "REMOTE_USER"):
            del os.environ[name]


class _Closing:
    """An answer in pieces; granian closes it, whether or not it can be closed."""

    def __init__(self, pieces: Any) -> None:
        self._pieces = pieces

    def __iter__(self) -> Any:
        return iter(self._pieces)

    def close(self) -> None:
        close = getattr(self._pieces, "close", None)
        if close is not None:
            close()


def _too_large(start_response: Any) -> list[bytes]:
    headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(_ANSWER)))]
    start_response("413 Request Entity Too Large", headers)
    return [_ANSWER]
