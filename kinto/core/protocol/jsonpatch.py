"""JSON patch (RFC 6902) on a document of plain dictionaries and lists, with caps.

Written here rather than taken from a library because `copy` must not double a document at each
operation, nor nest it beyond what the codec reads, and because clients match the messages.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from kinto.core.protocol.limits import LIMITS, Limits
from kinto.core.protocol.terms import MISSING
from kinto.core.protocol.values import clone, equal

OPERATIONS = ("test", "add", "remove", "replace", "move", "copy")

_LONGEST_SHOWN = 500


class PatchError(ValueError):
    """A patch cannot be applied; the text says why."""


def apply_operations(
    document: Any,
    operations: Iterable[Mapping[str, Any]],
    *,
    shown: Collection[str] | None = None,
    limits: Limits = LIMITS,
) -> Any:
    """Return the document after all the operations; the one given is not modified.

    Args:
        shown: the top-level members whose content messages may show; None for all.
    Raises:
        PatchError: an operation fails or is malformed; nothing is half done.
    """
    patch = _Patch(clone(document), shown=shown, limits=limits)
    for count, operation in enumerate(operations, start=1):
        if count > limits.patch_operations:
            text = f"Number of operations is limited to {limits.patch_operations}"
            raise PatchError(text)
        patch.apply(operation)
    return patch.document


def parse_pointer(pointer: Any) -> list[str]:
    """Return the unescaped segments of a JSON pointer (RFC 6901).

    Raises:
        PatchError: it is no string that begins with a slash, or holds a bad escape.
    """
    if not isinstance(pointer, str) or not pointer.startswith("/"):
        raise PatchError(f"Location must start with /: {_shown(pointer)}")
    if "~" in pointer.replace("~0", "").replace("~1", ""):
        raise PatchError(f"Found invalid escape in {_shown(pointer)}")
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer[1:].split("/")]


class _Patch:
    def __init__(self, document: Any, *, shown: Collection[str] | None, limits: Limits) -> None:
        self.document = document
        self._shown_members = shown
        self._limits = limits
        self._weight = 0
        self._steps: dict[str, Callable[[Mapping[str, Any]], None]] = {
            "test": self._test,
            "add": self._add,
            "remove": self._remove,
            "replace": self._replace,
            "move": self._move,
            "copy": self._copy,
        }

    def apply(self, operation: Mapping[str, Any]) -> None:
        step = self._steps.get(str(operation.get("op")))
        if step is None:
            raise PatchError(f"Unknown operation {_shown(operation.get('op'))}")
        step(operation)

    def _test(self, operation: Mapping[str, Any]) -> None:
        path, expected = parse_pointer(operation.get("path")), _value(operation)
        container = self._container(path)
        found = _member(container, path[-1])
        if found is MISSING:
            raise self._not_found(path, len(path) - 1, container)
        if not equal(found, expected):
            raise PatchError(
                f"{self._show(path, found)} ({type(found)}) is not equal to tested value "
                f"{_shown(expected)} ({type(expected)})"
            )

    def _add(self, operation: Mapping[str, Any]) -> None:
        path = parse_pointer(operation.get("path"))
        self._insert(path, clone(_value(operation)))

    def _remove(self, operation: Mapping[str, Any]) -> None:
        path = parse_pointer(operation.get("path"))
        if self._take(path) is MISSING:
            raise PatchError(f"can't remove a non-existent object '{path[-1]}'")

    def _replace(self, operation: Mapping[str, Any]) -> None:
        path, value = parse_pointer(operation.get("path")), clone(_value(operation))
        container = self._container(path)
        if _member(container, path[-1]) is MISSING:
            raise PatchError(f"can't replace a non-existent object '{path[-1]}'")
        self._weigh(path, value)
        container[path[-1] if isinstance(container, dict) else int(path[-1])] = value

    def _move(self, operation: Mapping[str, Any]) -> None:
        source, path = _source(operation), parse_pointer(operation.get("path"))
        if path == source:
            if _member(self._container(source), source[-1]) is MISSING:
                raise PatchError(f"'{source[-1]}'")
            return
        if path[: len(source)] == source:
            raise PatchError("Cannot move values into their own children")
        value = self._take(source)
        if value is MISSING:
            raise PatchError(f"'{source[-1]}'")
        self._insert(path, value)

    def _copy(self, operation: Mapping[str, Any]) -> None:
        source, path = _source(operation), parse_pointer(operation.get("path"))
        value = _member(self._container(source), source[-1])
        if value is MISSING:
            raise PatchError(f"'{source[-1]}'")
        # Weighed before it is copied: the copy itself is what costs.
        self._weigh(path, value)
        self._insert(path, clone(value))

    def _container(self, path: list[str]) -> Any:
        """Return what holds the last segment of a path."""
        current = self.document
        for depth, part in enumerate(path[:-1]):
            following = _member(current, part)
            if following is MISSING:
                raise self._not_found(path, depth, current)
            current = following
        if not isinstance(current, (dict, list)):
            raise self._not_found(path, len(path) - 1, current)
        return current

    def _insert(self, path: list[str], value: Any) -> None:
        self._weigh(path, value)
        container, name = self._container(path), path[-1]
        if isinstance(container, dict):
            container[name] = value
            return
        index = len(container) if name == "-" else _index(name)
        if index is None:
            raise PatchError(f"'{name}' is not a valid sequence index")
        if index > len(container):
            raise PatchError("can't insert outside of list")
        container.insert(index, value)

    def _take(self, path: list[str]) -> Any:
        """Remove and return what is at a path; `MISSING` when nothing is there."""
        container = self._container(path)
        value = _member(container, path[-1])
        if value is not MISSING:
            del container[path[-1] if isinstance(container, dict) else int(path[-1])]
        return value

    def _not_found(self, path: list[str], depth: int, container: Any) -> PatchError:
        shown = self._show(path[:depth], container)
        return PatchError(f"member '{path[depth]}' not found in {shown}")

    def _show(self, path: list[str], value: Any) -> str:
        """Return the text of what is at a path, unless that is not to be told."""
        if self._shown_members is None or (path and path[0] in self._shown_members):
            return _shown(value)
        return "/".join(path) or "the document"

    def _weigh(self, path: list[str], value: Any) -> None:
        """Raise if putting a value there would make the document too deep or too heavy."""
        weight, depth = _measure(value)
        self._weight += weight
        if self._weight > self._limits.patch_size:
            raise PatchError("The result of the patch is too large")
        if len(path) + depth > self._limits.json_depth:
            raise PatchError("The result of the patch is nested too deep")


def _value(operation: Mapping[str, Any]) -> Any:
    if "value" not in operation:
        raise PatchError("The operation does not contain a 'value' member")
    return operation["value"]


def _source(operation: Mapping[str, Any]) -> list[str]:
    if "from" not in operation:
        raise PatchError("The operation does not contain a 'from' member")
    return parse_pointer(operation["from"])


def _member(container: Any, name: str) -> Any:
    if isinstance(container, dict):
        return container.get(name, MISSING)
    if isinstance(container, list):
        index = _index(name)
        return MISSING if index is None or index >= len(container) else container[index]
    return MISSING


def _index(name: str) -> int | None:
    """Return an array index: digits without leading zeros, and no more than a list may hold."""
    canonical = name.isascii() and name.isdigit() and (name == "0" or name[0] != "0")
    return int(name) if canonical and len(name) < 10 else None


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "..."


def _measure(value: Any) -> tuple[int, int]:
    """Return about how many bytes of memory a value takes, and how deep it is."""
    weight, depth, level = 0, 0, [value]
    while level:
        following: list[Any] = []
        for item in level:
            weight += 64
            if isinstance(item, dict):
                weight += sum(map(len, item)) + 64 * len(item)
                following.extend(item.values())
            elif isinstance(item, list):
                following.extend(item)
            elif isinstance(item, str):
                weight += len(item)
        depth += any(isinstance(item, (dict, list)) for item in level)
        level = following
    return weight, depth
