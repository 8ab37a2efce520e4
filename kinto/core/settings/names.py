"""Setting names: which are known, what a wrong one was probably meant to be, which are gone.

A name nobody knows is accepted (plugins have their own), unless it is close to a known one: then
it is a slip of the keyboard that would silently change nothing, and the server does not start.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kinto.core.settings.application import effective_defaults
from kinto.core.settings.backends import PoolSettings
from kinto.core.settings.loading import environment_name
from kinto.core.settings.patterns import PATTERNED

_RESOURCES = ("bucket", "collection", "group", "record", "account", "history")
# Names of the bundled plugins, whose sections declare them (docs/plugins).
_PLUGINS = (
    "account_cache_ttl_seconds",
    "account_bcrypt_rounds",
    "account_failures_per_account",
    "account_failures_per_address",
    "account_failures_window_seconds",
    "account_session_seconds",
    "account_sessions_per_account",
    "account_token_seconds",
    "account_token_max_seconds",
    "account_tokens_per_account",
    "account_validation",
    "flush_create_principals",
    "prometheus_prefix",
    "prometheus_disabled_metrics",
    "prometheus_histogram_buckets",
    "prometheus_created_metrics_enabled",
    "prometheus_max_series",
    "webhooks",
)
_GONE = (
    (
        re.compile(r"(collection|record)_[a-z0-9-]+_(get|head|post|put|patch|delete)_enabled"),
        "has no effect since 12.0; write `plural_...` or `object_...` instead",
    ),
    (re.compile(r"cliquet\..*"), "has no effect; the prefix is now `kinto.`"),
    (re.compile(r"logging_renderer"), "has no effect; see the logging sections of the ini file"),
    (re.compile(r"disabled_metrics"), "has no effect; write `prometheus_disabled_metrics`"),
)
_PYRAMID = frozenset(
    [
        "csrf_trusted_origins",
        "debug_all",
        "debug_authorization",
        "debug_notfound",
        "debug_routematch",
        "debug_templates",
        "default_locale_name",
        "prevent_cachebuster",
        "prevent_http_cache",
        "reload_all",
        "reload_assets",
        "reload_resources",
        "reload_templates",
        "settings_prefix",
    ]
)
_SHORTEST_COMPARED = 5


class UnknownSetting(ValueError):
    """A setting name that nothing reads and that resembles one that is read."""

    def __init__(self, name: str, nearest: str, where: str = "") -> None:
        super().__init__(name, nearest, where)
        self.name = name
        self.nearest = nearest
        self.where = where

    def __str__(self) -> str:
        place = f" ({self.where})" if self.where else ""
        return f"Unknown setting '{self.name}'{place}; did you mean '{self.nearest}'?"


def known_names() -> frozenset[str]:
    """Every name with a meaning of its own; names made from a resource are expanded."""
    return frozenset(_known())


def check_names(
    settings: Mapping[str, Any],
    known: Iterable[str] | None = None,
    *,
    prefix: str = "kinto",
    environ: Mapping[str, str] | None = None,
) -> list[str]:
    """Refuse names that look like a misspelling; return one sentence for each name that is gone.

    `known` is what `known_names()` gives, plus what plugins add. Names that hold a dot (after the
    prefix) belong to others and are not judged. With `environ`, variables that begin with the
    prefix (`KINTO_...`) are judged too. Raises `UnknownSetting`.
    """
    names = frozenset(known_names() if known is None else known)
    notices = []
    for written in settings:
        plain = written.removeprefix(f"{prefix}.") if prefix else written
        if (reason := _reason_gone(plain)) is not None:
            notices.append(f"Setting '{written}' {reason}.")
        elif nearest := _misspelled(plain, names):
            raise UnknownSetting(written, written.removesuffix(plain) + nearest, "in the settings")
    if prefix and environ:
        _check_environment(environ, names, environment_name(prefix) + "_")
    return notices


def nearest_name(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that `name` was probably meant to be, or None."""
    wanted = _letters(name)
    if len(wanted) < _SHORTEST_COMPARED:
        return None
    allowed = 2 if len(wanted) >= 8 else 1
    best = min(
        ((_distance(wanted, _letters(other), allowed), other) for other in sorted(known)),
        default=(allowed + 1, ""),
    )
    return best[1] if best[0] <= allowed else None


def _known() -> Iterator[str]:
    yield from effective_defaults()
    for kind in ("storage", "permission", "cache"):
        for item in PoolSettings.declarations():
            yield f"{kind}_{item.name}"
    for resource in _RESOURCES:
        for permission in ("create", "read", "write"):
            yield f"{resource}_{permission}_principals"
        yield f"{resource}_cache_expires_seconds"
        yield f"{resource}_id_generator"
        for method in ("get", "head", "post", "delete"):
            yield f"plural_{resource}_{method}_enabled"
        for method in ("get", "put", "patch", "delete"):
            yield f"object_{resource}_{method}_enabled"
    yield "user-data_delete_principals"
    yield from _PLUGINS
    yield "settings_prefix"


def _misspelled(plain: str, known: frozenset[str]) -> str | None:
    accepted = "." in plain or plain in known or plain in _PYRAMID
    nearest = None if accepted else nearest_name(plain, {name for name in known if "." not in name})
    if nearest and _is_patterned(plain):
        return None if _other_resource(plain, nearest) else nearest
    return nearest


def _other_resource(plain: str, nearest: str) -> bool:
    """A well-formed name of another resource (`article_read_principals`) belongs to a plugin,
    and anything may stand before `_record_cache_expires_seconds`: a bucket and a collection."""
    if plain.endswith("_record_cache_expires_seconds"):
        return True
    return plain.partition("_")[2] == nearest.partition("_")[2]


def _check_environment(environ: Mapping[str, str], known: frozenset[str], prefix: str) -> None:
    variables = {environment_name(name): name for name in known}
    for variable in environ:
        rest = variable.removeprefix(prefix)
        if rest == variable or rest in variables:
            continue
        if _is_patterned(rest.lower()):
            continue
        if nearest := nearest_name(rest, variables):
            raise UnknownSetting(variable, prefix + nearest, "in the environment")


def _is_patterned(plain: str) -> bool:
    return any(item.pattern.fullmatch(plain) for item in PATTERNED)


def _reason_gone(plain: str) -> str | None:
    return next((reason for pattern, reason in _GONE if pattern.fullmatch(plain)), None)


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _distance(one: str, other: str, enough: int) -> int:
    """Edits between two words (a swap of neighbours is one), counted up to `enough + 1`."""
    if abs(len(one) - len(other)) > enough:
        return enough + 1
    previous: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        before, previous, row = previous, row, [i]
        for j, b in enumerate(other, start=1):
            cost = min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > enough:
            return enough + 1
    return row[-1]
