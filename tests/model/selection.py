"""Filters and order of a list, for the model: those of the protocol that it tries."""

from __future__ import annotations

from typing import Any


def selected(entries: list[dict[str, Any]], query: tuple[tuple[str, Any], ...]) -> list[Any]:
    """The entries that the filters want, in the order asked for (newest first by default)."""
    found = [obj for obj in entries if all(_matches(obj, *pair) for pair in query)]
    found.sort(key=lambda obj: -obj["last_modified"])
    for name, value in query:
        if name == "_sort":
            descending = value.startswith("-")
            found.sort(key=lambda obj: _rank(obj, value.lstrip("-")), reverse=descending)
            if descending:  # `reverse` keeps the order of equals, as wanted.
                continue
    return found


def _matches(obj: dict[str, Any], name: str, value: Any) -> bool:
    if name == "_since":
        return bool(obj["last_modified"] > value)
    if name == "_before":
        return bool(obj["last_modified"] < value)
    if name == "x":
        return "x" in obj and _same(obj["x"], value)
    if name == "not_x":
        return not ("x" in obj and _same(obj["x"], value))
    if name == "gt_x":
        return _rank(obj, "x") > _rank({"x": value}, "x")
    if name == "max_x":
        return _rank(obj, "x") <= _rank({"x": value}, "x")
    if name == "has_x":
        return ("x" in obj) is value
    return True


def _same(one: Any, other: Any) -> bool:
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def _rank(obj: dict[str, Any], name: str) -> tuple[int, Any]:
    """Place of a field in the total order: null, strings, numbers, booleans, missing."""
    if name not in obj:
        return 9, 0
    value = obj[name]
    if value is None:
        return 0, 0
    if isinstance(value, str):
        return 1, value
    return (3, value) if isinstance(value, bool) else (2, value)
