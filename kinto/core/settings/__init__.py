"""Face of the settings: the only reader of ini values and of the environment."""

from kinto.core.settings.application import (
    ApplicationSettings,
    check_values,
    core_defaults,
    effective_defaults,
    kinto_defaults,
)
from kinto.core.settings.backends import (
    CacheSettings,
    PermissionSettings,
    PoolSettings,
    StorageSettings,
)
from kinto.core.settings.core import CoreSettings
from kinto.core.settings.fields import InvalidSetting, Section, asbool, aslist, field
from kinto.core.settings.loading import (
    SettingsConflict,
    environment_name,
    merge_settings,
    read_env,
)
from kinto.core.settings.names import (
    UnknownSetting,
    check_names,
    known_names,
    nearest_name,
)
from kinto.core.settings.secrets import EXAMPLE_SECRETS, UnsafeSecret, check_secrets

__all__ = [
    "EXAMPLE_SECRETS",
    "ApplicationSettings",
    "CacheSettings",
    "CoreSettings",
    "InvalidSetting",
    "PermissionSettings",
    "PoolSettings",
    "Section",
    "SettingsConflict",
    "StorageSettings",
    "UnknownSetting",
    "UnsafeSecret",
    "asbool",
    "aslist",
    "check_names",
    "check_secrets",
    "check_values",
    "core_defaults",
    "effective_defaults",
    "environment_name",
    "field",
    "kinto_defaults",
    "known_names",
    "merge_settings",
    "nearest_name",
    "read_env",
]
