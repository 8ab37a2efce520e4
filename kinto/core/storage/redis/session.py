"""What a unit of work has changed in Redis and not applied yet; and the way back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from kinto.core.storage.redis.connection import Server

Command = list[str]


class Part(Protocol):
    """One backend's share of a session."""

    def commands(self, token: str) -> list[Command]:
        """Return the commands that apply the changes; `token` is new with each commit."""


P = TypeVar("P", bound=Part)


class Session:
    """Reads and pending changes of one unit, or of one operation outside a unit.

    `exclusive`: nobody else writes while it lasts, so what was read once is remembered. Long work
    calls `keep_alive` now and then.
    """

    def __init__(
        self, server: Server, *, exclusive: bool, keep_alive: Callable[[], object] = bool
    ) -> None:
        self.server = server
        self.exclusive = exclusive
        self.keep_alive = keep_alive
        self._parts: dict[type, Part] = {}
        self._undo: list[Callable[[], object]] = []

    def part(self, kind: Callable[[Session], P]) -> P:
        """Return the share of a backend, made at the first call by its class `kind`."""
        found = self._parts.get(kind)  # type: ignore[call-overload]
        if found is None:
            found = self._parts[kind] = kind(self)  # type: ignore[index]
        return found  # type: ignore[no-any-return]

    def undo(self, step: Callable[[], object]) -> None:
        """Remember how to take a change back."""
        self._undo.append(step)

    def mark(self) -> int:
        return len(self._undo)

    def rollback_to(self, mark: int) -> None:
        while len(self._undo) > mark:
            self._undo.pop()()

    def commands(self, token: str) -> list[Command]:
        """Return what applies the changes of all parts."""
        return [command for part in self._parts.values() for command in part.commands(token)]


def chunked(head: Command, items: list[Command], *, size: int = 300) -> list[Command]:
    """Return commands that begin with `head` and have the texts of at most `size` items each.

    A script can pass some thousands of texts to one command, not more.
    """
    return [
        [*head, *(text for item in items[start : start + size] for text in item)]
        for start in range(0, len(items), size)
    ]
