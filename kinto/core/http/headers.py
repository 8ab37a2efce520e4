"""Response headers that any answer may carry: `Alert`, and caching of redirects and hello."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from webob import Response

from kinto.core.runtime import json


def set_headers(response: Any, headers: Mapping[str, str]) -> None:
    """Set headers of a response, whatever they were.

    Cheaper than assigning them one by one, each of which looks through all of them.
    """
    if not isinstance(response, Response):  # a stand-in, whose headers are a plain mapping
        response.headers.update(headers)
        return
    present = response.headerlist
    if replaced := _in_both(tuple([name for name, _ in present]), tuple(headers)):
        present[:] = [pair for pair in present if pair[0] not in replaced]
    present.extend(headers.items())


@lru_cache(maxsize=256)
def _in_both(present: tuple[str, ...], added: tuple[str, ...]) -> frozenset[str]:
    """The names, as they are present, that are added, too. Few combinations ever occur."""
    lowered = {name.lower() for name in added}
    return frozenset(name for name in present if name.lower() in lowered)


def names_of(headers: list[tuple[str, str]]) -> list[str]:
    """The names of headers in lower case, at the price of one conversion."""
    return "\n".join([name for name, _ in headers]).lower().split("\n")


def send_alert(
    request: Any, message: str | None = None, url: str | None = None, code: str = "soft-eol"
) -> None:
    """Put an `Alert` header on `request.response`.

    Args:
        message: what is going to change; may be None.
        url: where it is explained, by default the setting `project_docs`.
        code: "soft-eol" (announced) or "hard-eol" (gone).
    """
    if url is None:
        url = request.registry.settings["project_docs"]
    request.response.headers["Alert"] = alert(message, url, code=code)


def alert(message: str | None, url: str, *, code: str) -> str:
    """The value of an `Alert` header: compact JSON, ASCII, no control character."""
    return json.dumps({"code": code, "message": message, "url": url})


def cache_for(response: Any, seconds: int | None) -> None:
    """Let clients keep a response for `seconds`; 0 forbids it; None or negative says nothing."""
    if seconds is None or seconds < 0:
        return
    if seconds:
        response.cache_expires(seconds)
    else:
        response.cache_expires(0)
        response.headers["Cache-Control"] = "max-age=0, must-revalidate, no-cache, no-store"
