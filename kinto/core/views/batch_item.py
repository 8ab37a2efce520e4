"""One request of a batch: what it says, and what it is about. It is carried out elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any

from pyramid.decorator import reify
from pyramid.httpexceptions import HTTPException

from kinto.core.http.lookup import strip_uri_prefix
from kinto.core.http.subrequests import build_request, own_headers, with_prefix
from kinto.core.protocol.identifiers import ancestors, parent_object

# Paths that no alias, no decoding and no redirection has to do with.
_PLAIN_PATH = re.compile(r"(?:/[A-Za-z0-9._~-]+)+")
# Headers that say nothing of the caller.
_WITHOUT_CREDENTIALS = frozenset(
    ("accept", "content-type", "if-match", "if-none-match", "response-behavior")
)

ListKey = tuple[str, str]
ObjectKey = tuple[str, str, str]


class Item:
    """One request of a batch.

    Args:
        specification: as `envelopes.well_formed` gives it.
        path, uri: as `read_path` gives them.

    Attributes:
        headers: as far as they are not those of the batch.
        has_credentials: whether they may tell of another caller.
        path: with the version prefix; None when it has to be decoded first.
        uri: of what it is about: an object, or a list. Empty when there is no telling.
    """

    def __init__(
        self, batch: Any, specification: dict[str, Any], path: str | None, uri: str
    ) -> None:
        self._batch = batch
        self.specification = specification
        self.method: str = specification.get("method") or "GET"
        self.headers: Mapping[str, str] = specification.get("headers") or {}
        self.has_credentials = False
        if self.headers:
            self.headers = own_headers(batch, self.headers)
            names = {name.lower() for name in self.headers}
            self.has_credentials = not names <= _WITHOUT_CREDENTIALS
        self.path, self.uri = path, uri

    @reify
    def request(self) -> Any:
        """The sub-request, made when it is asked for."""
        return build_request(self._batch, self.specification)

    @property
    def list_uri(self) -> str:
        """URI of the list that it is about, or that holds the object that it is about."""
        uri = self.uri
        return uri if uri.count("/") % 2 else uri.rpartition("/")[0]

    @property
    def list_key(self) -> ListKey | None:
        """Resource name and parent of that list."""
        return _list_key(self.list_uri)

    @property
    def key(self) -> ObjectKey | None:
        """The key of the object that it is about; None when it is about none."""
        list_uri, _, object_id = self.uri.rpartition("/")
        key = _list_key(list_uri)
        return None if key is None or not object_id or "*" in object_id else (*key, object_id)

    def find_target(self, aliases: Iterable[Callable[[Any, str], str]]) -> None:
        """Find out what it is about, for the one who asks."""
        caller = self._caller()
        if self.path is None:
            try:
                self.uri = strip_uri_prefix(self.request.path_info)
            except UnicodeDecodeError:
                return  # Refused when its turn comes.
        with suppress(HTTPException):  # The caller is refused when the turn comes.
            for alias in aliases:
                self.uri = alias(caller, self.uri)

    def _caller(self) -> Any:
        """An authenticated request of the caller, which may have credentials of its own.

        Not the sub-request itself: what it finds out stays, and groups may change before its turn.
        """
        if not self.has_credentials:
            return self._batch
        caller = build_request(self._batch, self.specification)
        with suppress(HTTPException):  # Its own answer, when its turn comes.
            caller.authenticated_userid  # noqa: B018
        return caller


def read_path(path: str, prefix: str) -> tuple[str | None, str]:
    """The `path` and the `uri` of an item that says `path`.

    Args:
        prefix: of the version, to be put in front where it is missing.
    """
    path = with_prefix(path, prefix)
    return (path, strip_uri_prefix(path)) if _PLAIN_PATH.fullmatch(path) else (None, "")


@lru_cache(maxsize=1024)
def objects_above(list_uri: str) -> Mapping[str, ObjectKey]:
    """URIs and keys of the objects above those of a list."""
    found = {uri: parent_object(uri) for uri in ancestors(f"{list_uri}/any")}
    return {uri: key for uri, key in found.items() if key is not None}


@lru_cache(maxsize=1024)
def _list_key(list_uri: str) -> ListKey | None:
    key = parent_object(f"{list_uri}/any")
    return None if key is None else key[:2]
