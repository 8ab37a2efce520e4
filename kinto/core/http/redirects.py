"""Redirections: to the version prefix, and away from trailing slashes.

The target is always built from the re-encoded path, so that nothing a client sends can end a
header.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from pyramid.httpexceptions import HTTPException, HTTPTemporaryRedirect
from pyramid.response import Response
from pyramid.settings import asbool

from kinto.core.http.cors import reapply_cors
from kinto.core.http.failures import not_found_version
from kinto.core.http.headers import cache_for

_PRINTABLE = "".join(chr(code) for code in range(0x21, 0x7F))


@dataclass(frozen=True)
class VersionRedirection:
    """From `/buckets` to `/v1/buckets`. `ttl` in seconds is how long clients may remember it."""

    prefix: str
    enabled: bool = True
    ttl: int | None = -1

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], prefix: str) -> VersionRedirection:
        """Raises ValueError when the setting of the cache time is no number."""
        return cls(
            prefix=prefix,
            enabled=_flag(settings, "version_prefix_redirect_enabled"),
            ttl=_seconds(settings, "version_prefix_redirect_ttl_seconds"),
        )

    def view(self, request: Any) -> Any:
        """The redirection; OPTIONS is answered, for browsers do not follow it on preflights."""
        if not self.enabled:
            raise reapply_cors(request, not_found_version())
        if request.method == "OPTIONS":
            return reapply_cors(request, Response())
        return redirect(request, f"/{self.prefix}{request.path_info}", ttl=self.ttl)


@dataclass(frozen=True)
class TrailingSlashRedirection:
    """From `/v1/buckets/` to `/v1/buckets`, and from `/v1` to `/v1/`."""

    prefix: str
    enabled: bool = True
    ttl: int | None = 3600

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], prefix: str) -> TrailingSlashRedirection:
        """Raises ValueError when the setting of the cache time is no number."""
        return cls(
            prefix=prefix,
            enabled=_flag(settings, "trailing_slash_redirect_enabled"),
            ttl=_seconds(settings, "trailing_slash_redirect_ttl_seconds"),
        )

    def answer(self, request: Any) -> HTTPException | None:
        """The redirection for a URL that no route matches, or None."""
        path = request.path_info
        root = f"/{self.prefix}"
        if not self.enabled or not (path == root or path.startswith(f"{root}/")):
            return None
        target = path.rstrip("/")
        if target == root:
            target = f"{root}/"
        return redirect(request, target, ttl=self.ttl) if target != path else None


def redirect(request: Any, path: str, *, ttl: int | None) -> HTTPException:
    """A 307 to another path of this server, with the same query string.

    Args:
        path: decoded, with version prefix.
        ttl: seconds of caching; 0 forbids it, None or negative says nothing.
    """
    location = request.application_url + quote(path)
    if request.query_string:
        location += "?" + quote(request.query_string.encode("latin-1"), safe=_PRINTABLE)
    response = HTTPTemporaryRedirect(location)
    cache_for(response, ttl)
    return reapply_cors(request, response)


def _flag(settings: Mapping[str, Any], name: str) -> bool:
    return bool(asbool(settings.get(name, True)))


def _seconds(settings: Mapping[str, Any], name: str) -> int | None:
    value = settings.get(name)
    return None if value in (None, "") else int(value)
