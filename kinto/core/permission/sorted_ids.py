"""A set of ids kept in order, so that the ids under a prefix are a slice and not a search."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Collection, Iterator


class SortedIds:
    """Distinct texts in code point order."""

    def __init__(self) -> None:
        self._ids: list[str] = []

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def add(self, object_id: str) -> None:
        """Put an id at its place; the caller knows that it is not there yet."""
        insort(self._ids, object_id)

    def remove(self, object_ids: Collection[str]) -> None:
        """Take ids out; those that are not there are ignored."""
        if len(object_ids) > 8:
            gone = set(object_ids)
            self._ids = [object_id for object_id in self._ids if object_id not in gone]
            return
        for object_id in object_ids:
            position = bisect_left(self._ids, object_id)
            if position < len(self._ids) and self._ids[position] == object_id:
                del self._ids[position]

    def under(self, prefix: str) -> list[str]:
        """Those that start with `prefix`, in order."""
        start = bisect_left(self._ids, prefix)
        end = bisect_left(
            self._ids, True, lo=start, key=lambda object_id: not object_id.startswith(prefix)
        )
        return self._ids[start:end]
