"""Patterns whose only special character is `*` (any text), matched in linear time.

No user text ever becomes a regular expression or a SQL pattern: everything but the star is
literal. `like_` filters and parent ids are both made of this.
"""

from __future__ import annotations

from dataclasses import dataclass

_ASCII_FOLD = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


@dataclass(frozen=True)
class Wildcard:
    """A text cut at its stars; it always matches from the first to the last character."""

    parts: tuple[str, ...]

    @classmethod
    def compile(cls, text: str) -> Wildcard:
        parts = text.split("*")
        inner = [part for part in parts[1:-1] if part]
        return cls((parts[0], *inner, parts[-1]) if len(parts) > 1 else (text,))

    def matches(self, text: str) -> bool:
        """Tell whether the whole text is an instance of the pattern."""
        parts = self.parts
        if len(parts) == 1:
            return text == parts[0]
        first, last = parts[0], parts[-1]
        if not text.startswith(first) or not text.endswith(last):
            return False
        position, end = len(first), len(text) - len(last)
        for part in parts[1:-1]:
            # The leftmost place leaves most room for the others: no backtracking is needed.
            position = text.find(part, position, end)
            if position < 0:
                return False
            position += len(part)
        return position <= end


class LikePattern:
    """The value of a `like_` filter: case-insensitive, searched anywhere when it has no star.

    A pattern of ASCII characters folds only the ASCII letters of the text (as SQLite does);
    another one compares the lower case of both.
    """

    __slots__ = ("_ascii", "_folded", "_wildcard")

    def __init__(self, pattern: str) -> None:
        self._ascii = pattern.isascii()
        self._folded = pattern.lower()
        self._wildcard = Wildcard.compile(self._folded) if "*" in pattern else None

    def matches(self, text: str) -> bool:
        folded = fold_ascii(text) if self._ascii else text.lower()
        if self._wildcard is None:
            return self._folded in folded
        return self._wildcard.matches(folded)


def fold_ascii(text: str) -> str:
    """Return the text with its ASCII letters in lower case, and all others untouched."""
    return text.lower() if text.isascii() else text.translate(_ASCII_FOLD)
