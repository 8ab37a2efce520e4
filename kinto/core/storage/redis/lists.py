"""The lists of the storage in Redis as a unit sees them: their rows, and their timestamps."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from kinto.core.protocol.identifiers import ParentPattern, parent_object, prefix_bounds
from kinto.core.runtime import clock
from kinto.core.storage.base import ObjectKey
from kinto.core.storage.memory.rows import Row
from kinto.core.storage.redis import names
from kinto.core.storage.redis.names import ListKey
from kinto.core.storage.redis.rows import ListRows
from kinto.core.storage.redis.session import Command, Session, chunked

_CREATED_AT = "created_at"


class Lists:
    """The storage's part of a session."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._rows: dict[ListKey, ListRows] = {}
        self._known: dict[ListKey, int | None] = {}
        self._clocks: dict[ListKey, int | None] = {}
        self._known_created_at: int | None = None
        self._created_at: int | None = None
        self._emptied: list[str] | None = None
        """The keys of all that was stored, when the unit removed everything."""

    # -- rows -------------------------------------------------------------------------------

    def rows(self, key: ListKey) -> ListRows:
        found = self._rows.get(key)
        if found is None:
            emptied = self._emptied is not None
            found = self._rows[key] = ListRows(self.session, key, emptied=emptied)
        return found

    def get_many(
        self, keys: Sequence[ObjectKey], *, clock_of: ListKey | None = None
    ) -> list[Row | None]:
        """Return live rows, those of several lists in one round trip.

        The timestamp of the list `clock_of` is read with them.
        """
        missing: dict[ListKey, dict[str, None]] = {}
        for resource_name, parent_id, object_id in keys:
            if not self.rows((resource_name, parent_id)).knows(object_id):
                missing.setdefault((resource_name, parent_id), {})[object_id] = None
        commands = [["HMGET", names.rows(key, dead=False), *ids] for key, ids in missing.items()]
        unknown = clock_of is not None and not self._knows_clock(clock_of)
        if clock_of is not None and unknown:
            commands.append(["HGET", names.CLOCKS, names.list_name(clock_of)])
        answers = self.session.server.together(commands)
        if clock_of is not None and unknown:
            self._known[clock_of] = _clock_in(answers.pop())
        texts: dict[ObjectKey, str | None] = {}
        for (key, ids), answer in zip(missing.items(), answers, strict=True):
            for object_id, text in zip(ids, answer, strict=True):
                self.rows(key).learn(object_id, text)
                texts[(*key, object_id)] = text
        found: list[Row | None] = []
        for name, parent_id, object_id in keys:
            rows = self.rows((name, parent_id))
            if (name, parent_id, object_id) in texts:
                text = texts[name, parent_id, object_id]
                found.append(None if text is None else rows.row_of(object_id, text))
            else:
                found.append(rows.find(object_id))
        return found

    def get_many_with_timestamp(
        self, keys: Sequence[ObjectKey], key: ListKey
    ) -> tuple[list[Row | None], int]:
        """Return live rows and the timestamp of a list, of one moment."""
        found = self.get_many(keys, clock_of=key)
        value = self.clock(key) if self.session.exclusive else self._known[key]
        return found, self._derived(key) if value is None else value

    def matching(self, resource_name: str | None, parent_pattern: str) -> list[ListKey]:
        """Return the lists in these parents that were ever written."""
        if resource_name is not None and "*" not in parent_pattern:
            return [(resource_name, parent_pattern)]
        pattern = ParentPattern.compile(parent_pattern)
        prefix = f"{pattern.prefix}\0" if pattern.is_exact else pattern.prefix
        found = dict.fromkeys(
            key
            for key in (*self._stored_lists(prefix), *self._clocks)
            if (resource_name is None or key[0] == resource_name) and pattern.matches(key[1])
        )
        return [key for key in found if self._clocks.get(key, 0) is not None]

    def _stored_lists(self, prefix: str) -> list[ListKey]:
        if self._emptied is not None:
            return []
        low, high = prefix_bounds(prefix)
        members = self.session.server.run(
            "ZRANGEBYLEX", names.LISTS, f"[{low}" if low else "-", f"({high}" if high else "+"
        )
        return [names.list_of_member(member) for member in members]

    # -- timestamps -------------------------------------------------------------------------

    def timestamp(self, key: ListKey) -> int:
        stored = self.clock(key)
        return self._derived(key) if stored is None else stored

    def _derived(self, key: ListKey) -> int:
        """Return the timestamp of a list that has never been written."""
        created = self.creation_of(key[1])
        return self.created_at() if created is None else created

    def clock(self, key: ListKey) -> int | None:
        """Return the timestamp of a list that has been written, None of another one."""
        if key in self._clocks:
            return self._clocks[key]
        if self._emptied is not None:
            return None
        if not self._knows_clock(key):
            entry = self.session.server.run("HGET", names.CLOCKS, names.list_name(key))
            self._known[key] = _clock_in(entry)
        return self._known[key]

    def _knows_clock(self, key: ListKey) -> bool:
        """Tell whether nobody can have changed what was read of a list's timestamp."""
        return self.session.exclusive and (key in self._known or self._emptied is not None)

    def clocks_of(self, resource_name: str) -> dict[str, int]:
        """Return the timestamps of the written lists of a resource, by parent id."""
        found: dict[str, int] = {}
        if self._emptied is None:
            wanted = names.list_name((resource_name, ""))
            for name, entry in self.session.server.run("HGETALL", names.CLOCKS).items():
                if name.startswith(wanted):
                    found[name[len(wanted) :]] = int(entry.partition(" ")[0])
        for (name, parent_id), value in self._clocks.items():
            if name == resource_name and value is None:
                found.pop(parent_id, None)
            elif name == resource_name and value is not None:
                found[parent_id] = value
        return found

    def set_clock(self, key: ListKey, value: int | None) -> None:
        """Set the timestamp of a list; None forgets it."""
        if key in self._clocks:
            self.session.undo(partial(self._clocks.__setitem__, key, self._clocks[key]))
        else:
            self.session.undo(partial(self._clocks.pop, key, None))
        self._clocks[key] = value

    def creation_of(self, uri: str) -> int | None:
        """Return when the live object of this URI was created, None if there is none."""
        if (key := parent_object(uri)) is None:
            return None
        row = self.rows(key[:2]).find(key[2])
        return None if row is None else row.created

    def created_at(self) -> int:
        """Return when the storage was created, or emptied for the last time."""
        if self._created_at is not None:
            return self._created_at
        if self._known_created_at is None:
            stored = self.session.server.run("HGET", names.META, _CREATED_AT)
            self._known_created_at = int(stored or 0)
        return self._known_created_at

    def set_created_at(self, value: int) -> None:
        self.session.undo(partial(setattr, self, "_created_at", self._created_at))
        self._created_at = value

    # -- everything -------------------------------------------------------------------------

    def empty(self) -> None:
        """Remove everything, and be newer than all that was."""
        greatest = self.created_at()
        if self._emptied is None:
            entries = self.session.server.run("HGETALL", names.CLOCKS)
            known = (int(entry.partition(" ")[0]) for entry in entries.values())
            greatest = max([greatest, *known])
        greatest = max([greatest, *(value for value in self._clocks.values() if value is not None)])
        keys = self.session.server.scan(names.STORAGE) if self._emptied is None else self._emptied
        for name in ("_rows", "_clocks", "_emptied"):
            self.session.undo(partial(setattr, self, name, getattr(self, name)))
        self._rows, self._clocks, self._emptied = {}, {}, keys
        self.set_created_at(max(clock.now_ms(), greatest + 1))

    def commands(self, token: str) -> list[Command]:
        """See `Part`. The clock entry of a list changes with everything in it, for readers."""
        removed = [[key] for key in self._emptied or ()]
        commands = chunked(["DEL"], removed)
        touched = [key for key, rows in self._rows.items() if rows.touched]
        for key in touched:
            commands += self._rows[key].commands()
        there: list[Command] = []
        members: list[Command] = []
        gone: list[Command] = []
        gone_members: list[Command] = []
        for key in dict.fromkeys([*self._clocks, *touched]):
            value = self.clock(key)
            if value is not None:
                there.append([names.list_name(key), f"{value} {token}"])
                members.append(["0", names.list_member(key)])
            elif key in self._clocks:
                gone.append([names.list_name(key)])
                gone_members.append([names.list_member(key)])
        commands += chunked(["HSET", names.CLOCKS], there)
        commands += chunked(["ZADD", names.LISTS], members)
        commands += chunked(["HDEL", names.CLOCKS], gone)
        commands += chunked(["ZREM", names.LISTS], gone_members)
        if self._created_at is not None:
            commands.append(["HSET", names.META, _CREATED_AT, str(self._created_at)])
        return commands


def _clock_in(entry: str | None) -> int | None:
    """Return the timestamp in a clock entry."""
    return None if entry is None else int(entry.partition(" ")[0])
