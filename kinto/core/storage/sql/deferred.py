"""Rows that wait for their like, to be written in one statement for many.

A unit of work that writes twenty-five records sends their rows together. A session writes what
waits before it runs any other statement, and at the end of the unit, so nobody sees a difference:
what is read by key meanwhile comes from what the session remembers.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any

Writer = Callable[[Any, list[Any]], None]
"""Called with the session and the rows of one kind."""


class Deferred:
    """What waits in one session, by kind and key; of two rows with one key the last counts."""

    def __init__(self) -> None:
        self._kinds: dict[str, tuple[Writer, dict[Hashable, Any]]] = {}

    def __bool__(self) -> bool:
        return bool(self._kinds)

    def add(self, kind: str, key: Hashable, row: Any, *, write: Writer) -> None:
        """Let a row wait. All rows of a kind have the same writer."""
        known = self._kinds.get(kind)
        if known is None:
            self._kinds[kind] = (write, {key: row})
        else:
            known[1][key] = row

    def add_all(self, kind: str, rows: Mapping[Hashable, Any], *, write: Writer) -> None:
        """The same for many rows, by their keys."""
        known = self._kinds.get(kind)
        if known is None:
            self._kinds[kind] = (write, {**rows})
        else:
            known[1].update(rows)

    def get(self, kind: str, key: Hashable) -> Any:
        """The row that waits under a key, or None."""
        known = self._kinds.get(kind)
        return None if known is None else known[1].get(key)

    def copy(self) -> Deferred:
        """The same rows, to go back to."""
        made = Deferred()
        made._kinds = {kind: (write, dict(rows)) for kind, (write, rows) in self._kinds.items()}
        return made

    def take(self) -> Iterator[tuple[Writer, list[Any]]]:
        """Take everything out, kind after kind in the order in which they came."""
        kinds, self._kinds = self._kinds, {}
        return ((write, list(rows.values())) for write, rows in kinds.values())
