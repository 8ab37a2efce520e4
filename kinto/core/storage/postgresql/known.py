"""What a session knows inside a transaction, and goes back to with a savepoint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from kinto.core.storage.sql.deferred import Deferred

LOCKED = "-2"
"""First column of the row that tells what a lock found."""

ListKey = tuple[str, str]
"""(resource_name, parent_id)"""


@dataclass
class Clock:
    """The timestamp of a list whose lock is held.

    Attributes:
        value: now; None when the list was never written.
        stored: what the row holds, None without a row: it may be ahead of `value`, as the lock
            reserves the next tick in the same statement.
        derived: (creation of the parent object, age of the database), None when to be read anew.
    """

    value: int | None
    stored: int | None
    derived: tuple[int | None, int] | None = None


@dataclass
class State:
    """What is known in a transaction, and returned to with a savepoint."""

    clocks: dict[ListKey, Clock] = field(default_factory=dict)
    changed: bool = False
    facts: frozenset[Any] = frozenset()

    def copy(self) -> State:
        clocks = {key: Clock(c.value, c.stored, c.derived) for key, c in self.clocks.items()}
        return State(clocks, self.changed, self.facts)


class Ahead(NamedTuple):
    """The lock of a list that goes in front of the next statement.

    Attributes:
        statement: takes the lock; what it found is known to `question` after it.
        question: gives three texts: `LOCKED`, NULL, and what `receive` takes.
        receive: called with that text when the lock is held; False when what was asked together
            with `question` must be asked again.
        take: takes the lock by itself.
    """

    key: ListKey
    statement: tuple[str, Any]
    question: tuple[str, Any]
    receive: Callable[[str], bool]
    take: Callable[[], Any]


class Known(NamedTuple):
    """What the session knew at a mark; `changes` tells whether anything happened since."""

    changes: int
    state: State
    deferred: Deferred
