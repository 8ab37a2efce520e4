"""A progress bar on the terminal; nothing where there is none."""

from __future__ import annotations

import sys
from typing import TextIO

_WIDTH = 30


class ProgressBar:
    """Shows how much of a known amount of work is done, on one line of stderr.

    Args:
        total: the amount; it may turn out to be more.
        what: in the plural, as `records`.
        stream: where it is drawn, when that is a terminal.
    """

    def __init__(self, total: int, *, what: str, stream: TextIO | None = None) -> None:
        self._total = total
        self._what = what
        self._stream = sys.stderr if stream is None else stream
        self._is_shown = self._stream.isatty()
        self._done = 0

    def advance(self, amount: int) -> None:
        """Some more is done."""
        self._done += amount
        if self._is_shown:
            total = max(self._total, self._done, 1)
            bar = ("#" * (_WIDTH * self._done // total)).ljust(_WIDTH)
            self._stream.write(f"\r[{bar}] {self._done}/{total} {self._what}")
            self._stream.flush()

    def finish(self) -> None:
        """Leave the line."""
        if self._is_shown:
            self._stream.write("\n")
