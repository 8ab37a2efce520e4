"""How new ids are made and which ids a resource accepts."""

from __future__ import annotations

import re
from typing import Any

from kinto.core.runtime import clock, randomness


class Generator:
    """Base of id generators.

    A subclass makes ids in `__call__`; `regexp` is what any id of the resource must look like,
    given by clients included. The constructor makes one id, so that a generator and a pattern
    that contradict each other stop the server from starting.
    """

    regexp = r"^[a-zA-Z0-9][a-zA-Z0-9_-]*$"

    def __init__(self, config: Any = None) -> None:
        """`config` is the Pyramid configurator when the generator is named in the settings.

        Raises:
            ValueError: `regexp` refuses the ids that this generator makes.
        """
        self._regexp = re.compile(self.regexp)
        if not self.match(self()):
            raise ValueError("Generated object id does comply with regexp.")

    def match(self, object_id: str) -> re.Match[str] | None:
        """A truthy value if the whole of `object_id` complies.

        The end is the end: `$` alone would accept a line feed after the id.
        """
        return self._regexp.fullmatch(object_id)

    def __call__(self) -> str:
        """Return a new id."""
        raise NotImplementedError


class UUID4(Generator):
    """Random UUIDs; accepts any lower-case UUID."""

    never_repeats = True

    regexp = r"^[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}$"

    def __call__(self) -> str:
        return randomness.new_uuid()


class UUID7(UUID4):
    """UUIDs in the order in which they are made, to the millisecond; accepts any UUID."""

    never_repeats = True

    def __call__(self) -> str:
        return randomness.new_ordered_uuid(clock.now_ms())


def never_repeats(generator: Any) -> bool:
    """Whether ids of a generator are so random that nothing ever had the next one.

    Its class says so itself (`never_repeats = True`); what derives from it may make other ids.
    """
    return bool(vars(type(generator)).get("never_repeats"))
