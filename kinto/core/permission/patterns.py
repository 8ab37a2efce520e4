"""Patterns of object ids: `*` stands for any characters, everything else for itself.

Matching takes time in proportion to pattern and id, and no text of a user ever becomes a
regular expression or a LIKE pattern.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class ObjectPattern:
    """A pattern, as the literal texts between its wildcards (one text: no wildcard)."""

    literals: tuple[str, ...]

    @classmethod
    def literal(cls, text: str) -> ObjectPattern:
        """`*` is a wildcard and every other character, backslash included, is itself.

        The form of `delete_object_permissions`.
        """
        return cls(tuple(text.split("*")))

    @classmethod
    def escaped(cls, text: str) -> ObjectPattern:
        """As `literal`, but a backslash makes the character that follows it an ordinary one.

        The form of `get_accessible_objects`: callers escape what is special in regular
        expressions. A backslash at the very end is itself.
        """
        literals = [""]
        for token in _tokens(text):
            if token is None:
                literals.append("")
            else:
                literals[-1] += token
        return cls(tuple(literals))

    @property
    def is_exact(self) -> bool:
        """Is there no wildcard? Then `prefix` is the only id that matches."""
        return len(self.literals) == 1

    @property
    def is_prefix(self) -> bool:
        """Is the only wildcard the last character?"""
        return len(self.literals) == 2 and not self.literals[1]

    @property
    def prefix(self) -> str:
        """What every id that matches starts with: a key range, for an index."""
        return self.literals[0]

    def matches(self, object_id: str, *, with_children: bool = True) -> bool:
        """Does the pattern cover the whole id?

        :param with_children: False: a wildcard does not match `/`.
        """
        if with_children:
            return _covers(self.literals, object_id)
        parts, segments = self._segments(), object_id.split("/")
        return len(parts) == len(segments) and all(map(_covers, parts, segments))

    def _segments(self) -> list[list[str]]:
        """The pattern cut at each `/`: one list of literals for each segment of an id."""
        segments: list[list[str]] = [[]]
        for literal in self.literals:
            first, *others = literal.split("/")
            segments[-1].append(first)
            segments.extend([other] for other in others)
        return segments


def _tokens(text: str) -> Iterable[str | None]:
    """The characters of an escaped pattern, None for a wildcard."""
    characters = iter(text)
    for character in characters:
        if character == "\\":
            yield next(characters, "\\")
        else:
            yield None if character == "*" else character


def _covers(literals: tuple[str, ...] | list[str], text: str) -> bool:
    """Do the literals, with anything between them, make up the whole text?

    Each inner literal is taken at its first occurrence, which leaves most to the next ones; so
    there is nothing to try twice.
    """
    first, last = literals[0], literals[-1]
    if len(literals) == 1:
        return text == first
    if len(text) < len(first) + len(last) or not (text.startswith(first) and text.endswith(last)):
        return False
    position, end = len(first), len(text) - len(last)
    for literal in literals[1:-1]:
        found = text.find(literal, position, end)
        if found < 0:
            return False
        position = found + len(literal)
    return True
