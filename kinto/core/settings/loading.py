"""From an ini file and the environment to one mapping of settings.

Rules: JSON is tried first on every text; `kinto.<name>` and `<name>` are one setting and may not
disagree; `KINTO_<NAME>` wins over `<NAME>`, then the file, then the default. The sections
(`fields.Section.from_mapping`) give the values their types afterwards.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from kinto.core.protocol.querystring import native_value


class SettingsConflict(ValueError):
    """One setting is written with and without its prefix, with two values."""

    def __init__(self, *names: str) -> None:
        super().__init__("Settings {} are in conflict.".format(", ".join(map(repr, names))))
        self.names = names


def environment_name(name: str) -> str:
    """The environment variable of a setting: upper case, `.` and `-` become `_`."""
    return name.replace(".", "_").replace("-", "_").upper()


def read_env(key: str, value: Any, *, environ: Mapping[str, str] | None = None) -> Any:
    """Return the environment's value for the setting `key`, or `value` untouched.

    An empty variable counts as a value.
    """
    found = (os.environ if environ is None else environ).get(environment_name(key))
    return value if found is None else native_value(found)


def merge_settings(
    settings: Mapping[str, Any],
    defaults: Mapping[str, Any],
    *,
    prefix: str,
    environ: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Merge file, environment and defaults into one mapping of plain names.

    Each value ends under its plain name; prefixed originals stay, names whose first part is
    another word (`multiauth.policies`) are left whole. Only names that occur in `settings` or
    `defaults` are looked up in `environ` (the process's environment by default).

    Raises `SettingsConflict` when both spellings of a name are given and differ.
    """
    merged = {name: native_value(value) for name, value in settings.items()}
    for name, value in defaults.items():
        plain = _plain(name, prefix)
        if plain not in merged and _prefixed(plain, prefix) not in merged:
            merged[plain] = native_value(value)
    for plain in {_plain(name, prefix): None for name in merged}:
        merged[plain] = _effective(plain, merged, prefix, environ)
    return merged


def _effective(
    plain: str, merged: Mapping[str, Any], prefix: str, environ: Mapping[str, str] | None
) -> Any:
    names = [name for name in dict.fromkeys((plain, _prefixed(plain, prefix))) if name in merged]
    if len({str(merged[name]) for name in names}) > 1:
        raise SettingsConflict(*names)
    value = read_env(plain, merged[names[0]], environ=environ)
    return read_env(_prefixed(plain, prefix), value, environ=environ)


def _plain(name: str, prefix: str) -> str:
    return name.removeprefix(f"{prefix}.") if prefix else name


def _prefixed(name: str, prefix: str) -> str:
    return f"{prefix}.{name}" if prefix else name
