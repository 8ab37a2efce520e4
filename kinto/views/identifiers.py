"""How the ids of buckets, groups, collections and records are made."""

from __future__ import annotations

from kinto.core.runtime import randomness
from kinto.core.storage.generators import Generator


class NameGenerator(Generator):
    """Short names: 8 characters, the first alphanumeric, the others also `-` and `_`."""

    def __call__(self) -> str:
        return randomness.new_name()


class RelaxedUUID(Generator):
    """Random UUIDs; clients may choose any other name."""

    never_repeats = True

    def __call__(self) -> str:
        return randomness.new_uuid()
