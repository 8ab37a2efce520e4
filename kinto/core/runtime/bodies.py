"""Bodies of requests that were read whole, and can be read again by whoever wants to."""

from __future__ import annotations

from io import BytesIO
from typing import Any


class Disconnected(OSError):
    """The client went away before it had sent what it announced."""


class KeptBody(BytesIO):
    """A body as `wsgi.input`.

    Attributes:
        content: all of it.
        announced: the `CONTENT_LENGTH` it came with; where this differs now, somebody changed it.
    """

    def __init__(self, content: bytes, announced: str) -> None:
        super().__init__(content)
        self.content = content
        self.announced = announced


def keep_body(environ: dict[str, Any], length: int) -> None:
    """Read a body of this length and put it back into the environment, in memory.

    Raises:
        Disconnected: there is less.
    """
    source = environ["wsgi.input"]
    content = source.read(length)
    while len(content) < length:
        more = source.read(length - len(content))
        if not more:
            raise Disconnected(f"{length - len(content)} more bytes were expected")
        content += more
    environ["wsgi.input"] = KeptBody(content, environ["CONTENT_LENGTH"])
    environ["webob.is_body_seekable"] = True


def kept_body(environ: dict[str, Any]) -> bytes | None:
    """The body that was kept; None where there is none, or another one was put in its place."""
    source = environ.get("wsgi.input")
    if type(source) is KeptBody and environ.get("CONTENT_LENGTH") == source.announced:
        return source.content
    return None
