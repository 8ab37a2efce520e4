"""A set of ids kept in order, so that the ids under a prefix are a slice and not a search."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Collection, Iterator

_FEW = 8


class SortedIds:
    """Distinct texts in code point order.

    New ones are put at their places when somebody looks: each would move all those behind it.
    """

    def __init__(self) -> None:
        self._sorted: list[str] = []
        self._new: list[str] = []

    def __len__(self) -> int:
        return len(self._sorted) + len(self._new)

    def __iter__(self) -> Iterator[str]:
        return iter(self._in_order())

    def add(self, object_id: str) -> None:
        """Take an id in; the caller knows that it is not there yet."""
        self._new.append(object_id)

    def add_all(self, object_ids: Collection[str]) -> None:
        """Take ids in, each once; none of them is there yet."""
        self._new += object_ids

    def remove(self, object_ids: Collection[str]) -> None:
        """Take ids out; those that are not there are ignored."""
        ids = self._in_order()
        if len(object_ids) > _FEW:
            gone = set(object_ids)
            self._sorted = [object_id for object_id in ids if object_id not in gone]
            return
        for object_id in object_ids:
            position = bisect_left(ids, object_id)
            if position < len(ids) and ids[position] == object_id:
                del ids[position]

    def under(self, prefix: str) -> list[str]:
        """Those that start with `prefix`, in order."""
        ids = self._in_order()
        start = bisect_left(ids, prefix)
        end = bisect_left(
            ids, True, lo=start, key=lambda object_id: not object_id.startswith(prefix)
        )
        return ids[start:end]

    def _in_order(self) -> list[str]:
        new, self._new = self._new, []
        if len(new) > _FEW:
            self._sorted += new
            self._sorted.sort()
        else:
            for object_id in new:
                insort(self._sorted, object_id)
        return self._sorted
