"""Responses made of the texts of stored objects, which nobody decodes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kinto.core.http.rendering import Pieces, respond
from kinto.core.storage.pages import JSONPage

_BEFORE, _AFTER = b'{"data":[', b"]}"


def splice(request: Any, page: JSONPage, headers: Mapping[str, str]) -> Any:
    """The response with the objects of a page, which are not copied once more."""
    if len(page.pieces) > 1:
        pieces = Pieces([_BEFORE, *page.pieces, _AFTER])
    else:  # What is sent at once costs less than its copy.
        pieces = Pieces([b"".join((_BEFORE, *page.pieces, _AFTER))])
    return respond(request, pieces, headers)
