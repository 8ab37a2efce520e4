"""The settings of the history, checked at start and read once for each server."""

from __future__ import annotations

import re
from typing import Any

from kinto.core.settings import Section, field

_URI = re.compile(
    r"/buckets/(?P<bucket>[^/]+)"
    r"(/groups/(?P<group>[^/]+)"
    r"|/collections/(?P<collection>[^/]+)(/records/(?P<record>[^/]+))?)?"
)


class HistorySettings(Section, prefix="history.", title="History"):
    """What is recorded, and how much of it is kept."""

    exclude_resources: tuple[str, ...] = field(
        (),
        raw="",
        help="URIs of objects whose changes, and those of all below them, are not recorded.",
    )
    exclude_user_ids: tuple[str, ...] = field(
        (), raw="", help="Prefixed ids of users whose changes are not recorded."
    )
    auto_trim_max_count: int = field(
        -1, help="About how many entries are kept of each kind in a bucket; 0 or less keeps all."
    )
    auto_trim_threshold: int = field(
        100, ge=0, help="How many more entries there may be before the oldest are removed."
    )
    auto_trim_max_age_days: float = field(
        -1.0, help="Days after which entries are removed; 0 or less keeps them."
    )
    auto_trim_user_ids: tuple[str, ...] = field(
        (), raw="", help="Remove only entries of these users."
    )
    history_read_principals: tuple[str, ...] = field(
        (), name="history_read_principals", raw="", help="Who may read the history of every bucket."
    )
    history_write_principals: tuple[str, ...] = field(
        (), name="history_write_principals", raw="", help="Who may delete entries of every bucket."
    )

    def excludes(self, uri: str, *, user_id: str | None) -> bool:
        """Whether a change of the object of this URI, by this user, is not recorded."""
        if user_id in self.exclude_user_ids:
            return True
        return any(uri == item or uri.startswith(f"{item}/") for item in self.exclude_resources)


def history_settings(registry: Any) -> HistorySettings:
    """The settings of a server, kept on its registry by the plugin's start."""
    known: HistorySettings | None = vars(registry).get("history_settings")
    return known or HistorySettings.from_mapping(registry.settings or {})


def uri_to_dict(uri: str) -> dict[str, str]:
    """The ids in the URI of a bucket, a group, a collection or a record.

    Raises:
        ValueError: it is none of these.
    """
    match = _URI.fullmatch(uri)
    if match is None:
        raise ValueError(f"Invalid URI: {uri}")
    return {name: value for name, value in match.groupdict().items() if value is not None}
