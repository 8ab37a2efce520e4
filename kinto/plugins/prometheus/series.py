"""How many series one metric may have, whatever clients send.

A series stays in memory for ever, here and at the scraper. Methods, endpoints and statuses are
few; ids of objects and of users are as many as somebody cares to make, so that beyond a number
they are merged under the name `other`.
"""

from __future__ import annotations

import threading

OTHER = "other"


class BoundedSeries:
    """The combinations of labels that one metric has."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: set[tuple[str, ...]] = set()
        self._merged: set[tuple[str, ...]] = set()
        self._lock = threading.Lock()

    def admit(self, names: tuple[str, ...], values: tuple[str, ...]) -> tuple[str, ...]:
        """The values to count under: these, or with ids merged, or all merged.

        Args:
            names: of the labels, in the order of `values`.
        """
        if values in self._known:
            return values
        with self._lock:
            if len(self._known) < self._most:
                self._known.add(values)
                return values
            merged = tuple(
                OTHER if value and _is_open(name) else value
                for name, value in zip(names, values, strict=True)
            )
            if merged in self._merged or len(self._merged) < self._most:
                self._merged.add(merged)
                return merged
            return (OTHER,) * len(values)


def _is_open(name: str) -> bool:
    """Whether clients choose the values of a label."""
    return name.endswith("id")
