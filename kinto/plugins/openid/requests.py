"""Calls to providers, in the words of the `requests` library: `get` and `post`, within bounds.

Only the hosts that the caller names are called, private addresses only where it says so, redirects
are not followed, time and size are limited (see `kinto.core.runtime.outgoing`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlencode

from kinto.core.runtime.outgoing import Answer, OutgoingFailed, OutgoingRefused, fetch
from kinto.core.utils import json

__all__ = ["HTTPError", "OutgoingFailed", "OutgoingRefused", "Response", "get", "post"]

MAX_BYTES = 262_144


class HTTPError(OSError):
    """The provider answered with a status that is no success."""


class Response:
    """What the provider answered."""

    def __init__(self, answer: Answer) -> None:
        self.status_code = answer.status
        self.headers = answer.headers
        self.content = answer.body

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            ValueError: it is none.
        """
        return json.loads(self.content)

    def raise_for_status(self) -> None:
        """Raise `HTTPError` unless the status is one of success."""
        if not 200 <= self.status_code < 300:
            raise HTTPError(f"The provider answered {self.status_code}.")


def get(
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    allowed_hosts: Collection[str] | None = None,
    allow_private: bool = False,
) -> Response:
    """Read a URL.

    Raises:
        OutgoingRefused: the host or its address is not one that may be called.
        OutgoingFailed: no complete answer within the bounds.
    """
    sent = {"Accept": "application/json", **(headers or {})}
    return Response(
        fetch(
            "GET",
            url,
            headers=sent,
            allowed_hosts=allowed_hosts,
            allow_private=allow_private,
            max_bytes=MAX_BYTES,
        )
    )


def post(
    url: str,
    *,
    data: Mapping[str, str],
    allowed_hosts: Collection[str] | None = None,
    allow_private: bool = False,
) -> Response:
    """Send a form.

    Raises:
        OutgoingRefused: the host or its address is not one that may be called.
        OutgoingFailed: no complete answer within the bounds.
    """
    sent = {
        "Accept": "application/json",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return Response(
        fetch(
            "POST",
            url,
            headers=sent,
            body=urlencode(data).encode("ascii"),
            allowed_hosts=allowed_hosts,
            allow_private=allow_private,
            max_bytes=MAX_BYTES,
        )
    )
