"""What is monitored, and for how long answers may be kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pyramid.exceptions import ConfigurationError

from kinto.core.settings import Section, field

_URI = re.compile(r"/buckets/[^/]+(/collections/[^/]+)?")


class ChangesSettings(Section, prefix="changes.", title="Changes"):
    """Which collections are monitored, and how long what is told about them may be kept."""

    resources: tuple[str, ...] = field(
        (),
        raw="",
        help="URIs of the collections to monitor; that of a bucket stands for all of its own.",
    )
    http_host: str | None = field(None, help="Host of redirects, by default `http_host`.")
    since_max_age_days: int = field(
        21, help="Age of `_since` in days from which it is left out by a redirect; negative: never."
    )
    since_max_age_redirect_ttl_seconds: int = field(
        86400, help="Cache time of that redirect; negative sends no header."
    )

    def checked(self) -> ChangesSettings:
        """Itself.

        Raises:
            ConfigurationError: a resource is no URI of a bucket or collection.
        """
        for uri in self.resources:
            if _URI.fullmatch(uri) is None:
                raise ConfigurationError(
                    f"The setting `changes.resources` has {uri!r}; expected URIs of buckets and"
                    " collections."
                )
        return self


def cache_seconds(
    settings: Mapping[str, Any], bucket_id: str, collection_id: str, *, expected: bool
) -> int | None:
    """How long an answer about a collection may be kept; None when nothing says so.

    Args:
        expected: whether the query names a version (`_expected`), which never changes.
    """
    prefix = f"{bucket_id}.{collection_id}.record_cache"
    names = [f"{prefix}_expires_seconds"]
    if expected:
        names.insert(0, f"{prefix}_maximum_expires_seconds")
    found = next((settings[name] for name in names if settings.get(name) is not None), None)
    return None if found is None else int(found)
