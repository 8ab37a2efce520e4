"""Nested mappings: merging them, and picking parts of them by dotted names."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any


def strip_whitespace(v: Any) -> Any:
    """Return a text without the spaces, tabs and line ends around it; others unchanged."""
    return v.strip(" \t\n\r") if isinstance(v, str) else v


def merge_dicts(a: dict[Any, Any], b: Mapping[Any, Any]) -> None:
    """Add to `a`, in place and at every level, what only `b` has."""
    for key, value in b.items():
        if isinstance(value, Mapping):
            inner = a.setdefault(key, {})
            if isinstance(inner, dict):
                merge_dicts(inner, value)
        else:
            a.setdefault(key, value)


def recursive_update_dict(
    root: dict[Any, Any], changes: Mapping[Any, Any], ignores: Collection[Any] = ()
) -> None:
    """Apply changes in place, at every level; a value found in `ignores` removes its name."""
    for key, value in changes.items():
        if isinstance(value, dict):
            inner = root.get(key)
            if not isinstance(inner, dict):
                inner = root[key] = {}
            recursive_update_dict(inner, value, ignores=ignores)
        elif value in ignores:
            root.pop(key, None)
        else:
            root[key] = value


def dict_merge(a: Mapping[Any, Any], b: Mapping[Any, Any]) -> dict[Any, Any]:
    """Return both mappings as one, at every level; `a` wins."""
    result = dict(b)
    for key, value in a.items():
        other = result.get(key)
        if isinstance(value, Mapping) and isinstance(other, Mapping):
            result[key] = dict_merge(value, other)
        else:
            result[key] = value
    return result


def dict_subset(d: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    """Return a mapping limited to the given names, which may be dotted paths.

    A path under something that is no mapping keeps the whole value; unknown names are skipped.
    """
    result: dict[str, Any] = {}
    for key in keys:
        if key in d:
            result[key] = d[key]
            continue
        first, dot, rest = key.partition(".")
        if not dot or first not in d:
            continue
        if isinstance(d[first], Mapping):
            inner = dict_subset(d[first], [rest])
            known = result.get(first, {})
            result[first] = dict_merge(inner, known) if isinstance(known, Mapping) else known
        else:
            result[first] = d[first]
    return result


def find_nested_value(d: Any, path: str, default: Any = None) -> Any:
    """Return what a dotted path leads to; names with dots are honoured, longest first."""
    if not isinstance(d, Mapping):
        return default
    if path in d:
        return d[path]
    parts = path.split(".")
    for length in range(len(parts) - 1, 0, -1):
        name = ".".join(parts[:length])
        if name in d:
            return find_nested_value(d[name], ".".join(parts[length:]), default)
    return default
