"""Patterns of object ids: `*` stands for any characters, everything else for itself.

Matching takes time in proportion to pattern and id, and no text of a user ever becomes a
regular expression or a LIKE pattern.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kinto.core.protocol.wildcards import Wildcard


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
            return Wildcard(self.literals).matches(object_id)
        patterns, segments = self._segments(), object_id.split("/")
        return len(patterns) == len(segments) and all(
            pattern.matches(segment) for pattern, segment in zip(patterns, segments, strict=True)
        )

    def _segments(self) -> list[Wildcard]:
        """The pattern cut at each `/`: a pattern for each segment of an id."""
        segments: list[list[str]] = [[]]
        for literal in self.literals:
            first, *others = literal.split("/")
            segments[-1].append(first)
            segments.extend([other] for other in others)
        return [Wildcard(tuple(literals)) for literals in segments]


def _tokens(text: str) -> Iterable[str | None]:
    """The characters of an escaped pattern, None for a wildcard."""
    characters = iter(text)
    for character in characters:
        if character == "\\":
            yield next(characters, "\\")
        else:
            yield None if character == "*" else character
