"""`kinto trim-history`: the retention of the settings, where nothing is written too."""

from __future__ import annotations

import logging
from typing import Any

from kinto.core.runtime import units
from kinto.plugins.history.settings import HistorySettings
from kinto.plugins.history.trimming import trim_by_age, trim_by_count

logger = logging.getLogger("kinto.plugins.history")

KINDS = ("bucket", "group", "collection", "record")


def trim_all(storage: Any, settings: HistorySettings) -> None:
    """Trim every bucket, in units of work that are short."""
    for bucket_uri in sorted(storage.all_resources_timestamps("history")):
        if settings.auto_trim_max_age_days > 0:
            while _alone(storage, bucket_uri, trim_by_age, settings):
                pass
        if settings.auto_trim_max_count > 0:
            for kind in KINDS:
                for user_id in settings.auto_trim_user_ids or (None,):
                    _trim_kind(storage, settings, bucket_uri, kind=kind, user_id=user_id)


def _trim_kind(
    storage: Any, settings: HistorySettings, bucket_uri: str, *, kind: str, user_id: str | None
) -> None:
    while True:
        excess = _alone(storage, bucket_uri, trim_by_count, settings, kind=kind, user_id=user_id)
        if excess <= settings.auto_trim_threshold:
            return


def _alone(
    storage: Any, bucket_uri: str, trim: Any, settings: HistorySettings, **options: Any
) -> int:
    with units.unit_of_work():
        storage.lock_parent("history", bucket_uri)
        return int(trim(storage, settings, bucket_uri, **options))
