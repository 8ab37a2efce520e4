"""Nested dictionaries, merged, cut down and looked into: published through `kinto.core.utils`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kinto.core.protocol.matching import find_value
from kinto.core.protocol.terms import MISSING


def merge_dicts(a: dict[str, Any], b: Mapping[str, Any]) -> None:
    """Add to `a`, in place and recursively, what only `b` has."""
    for name, value in b.items():
        if isinstance(value, Mapping) and isinstance(a.get(name), dict):
            merge_dicts(a[name], value)
        else:
            a.setdefault(name, value)


def recursive_update_dict(
    root: dict[str, Any], changes: Mapping[str, Any], ignores: Iterable[Any] = ()
) -> None:
    """Apply `changes` to `root`, in place and recursively.

    A value found in `ignores` deletes its key. An object replaces what is not one.
    """
    ignored = list(ignores)
    for name, value in changes.items():
        if value in ignored:
            root.pop(name, None)
        elif isinstance(value, Mapping):
            if not isinstance(root.get(name), dict):
                root[name] = {}
            recursive_update_dict(root[name], value, ignored)
        else:
            root[name] = value


def dict_merge(a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, Any]:
    """Return a new dictionary with what both have, recursively; `a` wins."""
    merged = dict(b)
    for name, value in a.items():
        other = merged.get(name)
        if isinstance(value, Mapping):
            value = dict_merge(value, other if isinstance(other, Mapping) else {})
        merged[name] = value
    return merged


def dict_subset(d: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    """Return a new dictionary limited to the keys, which may be dotted paths.

    A path below something that is no dictionary keeps that whole; unknown keys are skipped; a
    key and a path below it give the whole.
    """
    subset: dict[str, Any] = {}
    below: dict[str, list[str]] = {}
    for key in keys:
        head, dot, tail = key.partition(".")
        if key in d:
            subset[key] = d[key]
        elif dot and head in d:
            if isinstance(d[head], Mapping):
                below.setdefault(head, []).append(tail)
            else:
                subset[head] = d[head]
    for head, tails in below.items():
        if head not in subset:
            subset[head] = dict_subset(d[head], tails)
    return subset


def find_nested_value(d: Any, path: str, default: Any = None) -> Any:
    """Return the value at a dotted path; names that hold dots win, the longest first."""
    value = find_value(d, path)
    return default if value is MISSING else value


def strip_whitespace(v: Any) -> Any:
    """Return a text without spaces, tabs and newlines at both ends; anything else unchanged."""
    return v.strip(" \t\n\r") if isinstance(v, str) else v
