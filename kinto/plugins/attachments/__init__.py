"""Files on records, in a folder or in an S3-compatible service.

The wire format is that of the published plugin `kinto_attachment`; beyond it, a record may have
several files, they may be private, and uploads can be resumed. See docs/plugins/attachments.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from pyramid.events import ApplicationCreated
from pyramid.exceptions import ConfigurationError
from pyramid.settings import asbool

from kinto.core.events import ACTIONS, ResourceChanged
from kinto.core.metrics import watch_execution_time
from kinto.plugins.attachments import lifecycle
from kinto.plugins.attachments.settings import AttachmentSettings, RulesByCollection
from kinto.plugins.attachments.stores import s3
from kinto.plugins.attachments.stores.base import FileStore
from kinto.plugins.attachments.stores.local import LocalStore

__all__ = ["AttachmentSettings", "includeme"]

VERSION = "8.0.0"
"""Of the published plugin whose wire format this is."""

LARGE = re.compile(r".*/records/[^/]+/(attachments/[^/]+|uploads/[^/]+|attachment)")
"""Paths whose bodies are streamed, and may be larger than JSON."""

HEARTBEAT = b"attachments live\n"


def includeme(config: Any) -> None:
    """Serve the files of records.

    Raises:
        ConfigurationError: there is no store, or a rule is malformed.
        ImportError: the store needs a library that is not installed.
    """
    settings = config.get_settings()
    section = AttachmentSettings.from_mapping(settings)
    registry = config.registry
    registry.attachments_settings = section
    registry.attachments_store = store_of(section, settings)
    registry.attachments_rules = RulesByCollection.from_settings(settings)
    registry.attachments_base_url = _with_slash(section.base_url)
    registry.large_bodies = (*getattr(registry, "large_bodies", ()), LARGE)
    shown = _with_slash(section.extra_base_url or section.base_url)
    config.add_api_capability(
        "attachments",
        description="Add file attachments to records",
        url="https://github.com/Kinto/kinto-attachment/",
        version=VERSION,
        base_url=shown or None,
    )
    registry.heartbeats["attachments"] = heartbeat_of(
        registry.attachments_store,
        registry.attachments_rules,
        readonly=asbool(settings.get("readonly")),
    )
    _subscribe(config)
    for room in ("views", "files", "resuming"):
        config.scan(f"kinto.plugins.attachments.{room}")


def store_of(section: AttachmentSettings, settings: Any) -> FileStore:
    """Where the settings say that files are: the folder wins.

    Raises:
        ConfigurationError: they do not say.
    """
    if section.base_path:
        return LocalStore(section.base_path)
    if section.aws_bucket_name:
        return s3.store_of(section)
    if settings.get("attachment.gcloud.credentials"):
        raise ConfigurationError(
            "Google Cloud Storage is for the plugin `kinto_attachment`; name it in `includes`."
        )
    raise ConfigurationError(
        "Attachment backend is not configured. Set either `attachment.base_path` (local)"
        " or `attachment.aws.bucket_name` (S3)."
    )


def heartbeat_of(
    store: FileStore, rules: RulesByCollection, *, readonly: bool
) -> Callable[[Any], bool]:
    """A check that writes a small file and removes it again."""
    extensions = rules.default.extensions
    extension = sorted(extensions)[0] if extensions else "txt"

    def heartbeat(request: Any) -> bool:
        if readonly:
            return True
        draft = store.draft(f"heartbeat-test/heartbeat.{extension}")
        try:
            draft.write(HEARTBEAT)
            store.delete(draft.finish())
        finally:
            draft.drop()
        return True

    return heartbeat


def _subscribe(config: Any) -> None:
    deleted = (ACTIONS.DELETE,)
    for subscriber, actions, resources in (
        (lifecycle.on_records_changed, (ACTIONS.UPDATE,), ("record",)),
        (lifecycle.on_descriptions_added, (ACTIONS.CREATE, ACTIONS.UPDATE), ("record",)),
        (lifecycle.on_records_deleted, deleted, ("record",)),
        (lifecycle.on_parents_deleted, deleted, ("bucket", "collection")),
    ):
        config.add_subscriber(
            subscriber, ResourceChanged, for_actions=actions, for_resources=resources
        )

    def watch(event: Any) -> None:
        registry = event.app.registry
        if (service := registry.metrics) is not None:
            store = registry.attachments_store
            watch_execution_time(service, store, prefix="backend", classname=store.label)

    config.add_subscriber(watch, ApplicationCreated)


def _with_slash(url: str) -> str:
    """An address that paths can be put behind."""
    return url if not url or url.endswith("/") else f"{url}/"
