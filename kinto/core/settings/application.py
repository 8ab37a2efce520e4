"""The settings of the application: its own names, and the defaults of the core it changes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kinto.core.settings.backends import BACKEND_SECTIONS, PoolSettings
from kinto.core.settings.core import CORE_SECTIONS
from kinto.core.settings.fields import Section, field
from kinto.core.settings.patterns import check_numbers

EVERYONE = "system.Everyone"
AUTHENTICATED = "system.Authenticated"

_NAME_GENERATOR = "kinto.views.NameGenerator"


class ApplicationSettings(Section, title="Buckets, collections, groups and records"):
    """What is decided for buckets, collections, groups and records."""

    experimental_collection_schema_validation: bool = field(
        False, help="JSON schemas on buckets and collections; capability `schema`."
    )
    experimental_permissions_endpoint: bool = field(
        False, help="Serve `/permissions`; capability `permissions_endpoint`."
    )
    bucket_create_principals: tuple[str, ...] = field(
        (AUTHENTICATED,), raw=AUTHENTICATED, help="Who may create buckets."
    )
    permissions_read_principals: tuple[str, ...] = field(
        (EVERYONE,), raw=EVERYONE, help="Who may use `/permissions`."
    )
    bucket_id_generator: str = field(_NAME_GENERATOR, help="Class that makes bucket ids.")
    collection_id_generator: str = field(_NAME_GENERATOR, help="Class that makes collection ids.")
    group_id_generator: str = field(_NAME_GENERATOR, help="Class that makes group ids.")
    record_id_generator: str = field("kinto.views.RelaxedUUID", help="Class that makes record ids.")
    admin_assets_path: str | None = field(
        None, help="Folder of other assets for the administration page."
    )


SECTIONS: tuple[type[Section], ...] = (*CORE_SECTIONS, *BACKEND_SECTIONS, ApplicationSettings)


def core_defaults() -> dict[str, Any]:
    """The defaults of the core as a fresh mapping (`kinto.core.DEFAULT_SETTINGS`)."""
    return {
        name: value
        for section in (*CORE_SECTIONS, *BACKEND_SECTIONS)
        for name, value in section.defaults().items()
    }


def kinto_defaults(*, http_api_version: str = "1.23") -> dict[str, Any]:
    """What the application adds to the defaults of the core (`kinto.DEFAULT_SETTINGS`).

    The protocol version is a JSON text, so that `1.20` does not become the number 1.2.
    """
    return {
        **ApplicationSettings.defaults(),
        "cache_backend": "kinto.core.cache.memory",
        "permission_backend": "kinto.core.permission.memory",
        "storage_backend": "kinto.core.storage.memory",
        "http_api_version": json.dumps(http_api_version),
        "metrics_matchdict_fields": ["bucket_id", "collection_id", "group_id", "record_id"],
        "multiauth.authorization_policy": "kinto.authorization.AuthorizationPolicy",
        "project_docs": "https://kinto.readthedocs.io/",
        "project_name": "kinto",
        "retry_after_seconds": 3,
    }


def effective_defaults() -> dict[str, Any]:
    """The defaults a deployer sees: those of the core under those of the application."""
    return {**core_defaults(), **kinto_defaults()}


def check_values(settings: Mapping[str, Any]) -> None:
    """Refuse a value of the wrong type or out of bounds, before a request meets it.

    `settings` are merged (plain names). Raises `InvalidSetting`.
    """
    for section in SECTIONS:
        section.from_mapping(settings)
    for kind in ("storage", "permission", "cache"):
        PoolSettings.of(settings, kind)
    check_numbers(settings)
