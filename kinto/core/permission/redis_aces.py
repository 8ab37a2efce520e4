"""Principals and access control entries in Redis as a unit sees them.

What a unit changes is kept whole: a user with all principals, an object with all its ACEs. The
indexes (objects in order, ACEs by principal, users by principal) follow from the difference with
what was stored.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from kinto.core.permission.base import ObjectPermissions
from kinto.core.permission.patterns import ObjectPattern
from kinto.core.protocol.identifiers import prefix_bounds
from kinto.core.runtime import json
from kinto.core.storage.redis import names
from kinto.core.storage.redis.session import Command, Session, chunked

Aces = Mapping[str, frozenset[str]]
"""permission -> principals, none of them empty"""

_NOBODY: frozenset[str] = frozenset()


class Permissions:
    """The permission backend's part of a session."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._stored_users: dict[str, frozenset[str]] = {}
        self._users: dict[str, frozenset[str]] = {}
        self._stored_aces: dict[str, Aces] = {}
        self._aces: dict[str, Aces] = {}
        self._emptied: list[str] | None = None
        """The keys of all that was stored, when the unit removed everything."""

    # -- questions --------------------------------------------------------------------------

    def read(
        self, users: Sequence[str], object_ids: Sequence[str]
    ) -> tuple[list[frozenset[str]], list[Aces]]:
        """Return the principals of users and the ACEs of objects, of one moment."""
        if self._emptied is None:
            self._fetch(
                [
                    each
                    for each in dict.fromkeys(users)
                    if not self._knows(self._stored_users, each)
                ],
                [
                    each
                    for each in dict.fromkeys(object_ids)
                    if not self._knows(self._stored_aces, each)
                ],
            )
        return (
            [self._users.get(each, self._stored_users.get(each, _NOBODY)) for each in users],
            [self._aces.get(each, self._stored_aces.get(each, {})) for each in object_ids],
        )

    def objects_matching(self, patterns: Iterable[ObjectPattern]) -> list[str]:
        """Return the ids of the objects with an ACE that match one of the patterns."""
        found: dict[str, None] = {}
        for pattern in patterns:
            if pattern.is_exact:
                found[pattern.prefix] = None
                continue
            candidates = self._members_under(names.OBJECTS, pattern.prefix)
            found.update(dict.fromkeys(filter(pattern.matches, candidates)))
            found.update(dict.fromkeys(filter(pattern.matches, self._aces)))
        aces = self.read([], list(found))[1]
        return [object_id for object_id, each in zip(found, aces, strict=True) if each]

    def accessible(
        self,
        principals: Collection[str],
        patterns: Sequence[tuple[ObjectPattern, str]] | None,
        *,
        with_children: bool,
    ) -> ObjectPermissions:
        """Return object id -> permissions that one of the principals holds on it."""
        wanted = set(principals)
        found: ObjectPermissions = {}
        for permission, object_id in self._granted(wanted, patterns):
            if object_id not in self._aces:
                found.setdefault(object_id, set()).add(permission)
        for object_id, aces in self._aces.items():
            for permission, holders in aces.items():
                if not holders.isdisjoint(wanted):
                    found.setdefault(object_id, set()).add(permission)
        if patterns is None:
            return found
        return {
            object_id: chosen
            for object_id, held in found.items()
            if (chosen := _chosen(object_id, held, patterns, with_children=with_children))
        }

    def users_with(self, principal: str) -> set[str]:
        """Return the users that have a principal."""
        stored: set[str] = set()
        if self._emptied is None:
            stored = set(self.session.server.run("SMEMBERS", names.members(principal)))
        return (stored - self._users.keys()) | {
            user_id for user_id, held in self._users.items() if principal in held
        }

    # -- changes ----------------------------------------------------------------------------

    def set_principals(self, user_id: str, principals: frozenset[str]) -> None:
        """Set the principals of a user, who has been read."""
        self._remember(self._users, user_id)
        self._users[user_id] = principals

    def set_aces(self, object_id: str, aces: Mapping[str, Collection[str]]) -> None:
        """Set the ACEs of an object, which has been read."""
        self._remember(self._aces, object_id)
        self._aces[object_id] = {
            name: frozenset(principals) for name, principals in aces.items() if principals
        }

    def empty(self) -> None:
        """Remove everything."""
        keys = self._emptied
        if keys is None:
            keys = self.session.server.scan(names.PERMISSION)
        for name in ("_stored_users", "_users", "_stored_aces", "_aces", "_emptied"):
            self.session.undo(partial(setattr, self, name, getattr(self, name)))
        self._stored_users, self._users, self._stored_aces, self._aces = {}, {}, {}, {}
        self._emptied = keys

    def commands(self, token: str) -> list[Command]:
        """See `Part`."""
        removed = chunked(["DEL"], [[key] for key in self._emptied or ()])
        return [*removed, *self._commands_of_users(), *self._commands_of_aces()]

    def _commands_of_users(self) -> list[Command]:
        there: list[Command] = []
        gone: list[Command] = []
        indexes: list[Command] = []
        for user_id, principals in self._users.items():
            former = self._stored_users.get(user_id, _NOBODY)
            if principals == former:
                continue
            if principals:
                there.append([user_id, _text(principals)])
            else:
                gone.append([user_id])
            indexes += [["SADD", names.members(each), user_id] for each in principals - former]
            indexes += [["SREM", names.members(each), user_id] for each in former - principals]
        return [
            *chunked(["HSET", names.PRINCIPALS], there),
            *chunked(["HDEL", names.PRINCIPALS], gone),
            *indexes,
        ]

    def _commands_of_aces(self) -> list[Command]:
        commands: list[Command] = []
        there: list[Command] = []
        gone: list[Command] = []
        added: dict[str, list[Command]] = {}
        removed: dict[str, list[Command]] = {}
        for object_id, aces in self._aces.items():
            former = self._stored_aces.get(object_id, {})
            commands += _changes(object_id, former, aces)
            if aces and not former:
                there.append(["0", object_id])
            elif former and not aces:
                gone.append([object_id])
            for name in dict.fromkeys([*former, *aces]):
                before, after = former.get(name, _NOBODY), aces.get(name, _NOBODY)
                member = names.grant_member(name, object_id)
                for principal in after - before:
                    added.setdefault(principal, []).append(["0", member])
                for principal in before - after:
                    removed.setdefault(principal, []).append([member])
        commands += chunked(["ZADD", names.OBJECTS], there)
        commands += chunked(["ZREM", names.OBJECTS], gone)
        for principal, members in added.items():
            commands += chunked(["ZADD", names.granted(principal)], members)
        for principal, members in removed.items():
            commands += chunked(["ZREM", names.granted(principal)], members)
        return commands

    # -- what is stored ---------------------------------------------------------------------

    def _knows(self, stored: Mapping[str, object], key: str) -> bool:
        """Tell whether nobody can have changed what was read of a user or an object."""
        return self.session.exclusive and key in stored

    def _fetch(self, users: list[str], object_ids: list[str]) -> None:
        commands = [["HGETALL", names.aces(object_id)] for object_id in object_ids]
        if users:
            commands.append(["HMGET", names.PRINCIPALS, *users])
        answers = self.session.server.together(commands)
        if users:
            for user_id, text in zip(users, answers.pop(), strict=True):
                self._stored_users[user_id] = _principals(text)
        for object_id, texts in zip(object_ids, answers, strict=True):
            self._stored_aces[object_id] = {name: _principals(text) for name, text in texts.items()}

    def _granted(
        self, principals: set[str], patterns: Sequence[tuple[ObjectPattern, str]] | None
    ) -> Iterable[tuple[str, str]]:
        """Yield the stored (permission, object id) of principals, those under the patterns."""
        prefixes = [""]
        if patterns is not None:
            prefixes = [names.grant_member(name, pattern.prefix) for pattern, name in patterns]
        if self._emptied is not None or not prefixes:
            return
        ranges = [_range(prefix) for prefix in dict.fromkeys(prefixes)]
        answers = self.session.server.together(
            [
                ["ZRANGEBYLEX", names.granted(principal), *bounds]
                for principal in principals
                for bounds in ranges
            ]
        )
        for members in answers:
            for member in members:
                permission, _, object_id = member.partition("\0")
                yield permission, object_id

    def _members_under(self, key: str, prefix: str) -> list[str]:
        if self._emptied is not None:
            return []
        return list(self.session.server.run("ZRANGEBYLEX", key, *_range(prefix)))

    def _remember(self, mapping: dict[str, Any], key: str) -> None:
        if key in mapping:
            self.session.undo(partial(mapping.__setitem__, key, mapping[key]))
        else:
            self.session.undo(partial(mapping.pop, key, None))


def _chosen(
    object_id: str,
    held: set[str],
    patterns: Sequence[tuple[ObjectPattern, str]],
    *,
    with_children: bool,
) -> set[str]:
    """Return the permissions held on an object that one of the patterns asks for."""
    return {
        name
        for pattern, name in patterns
        if name in held and pattern.matches(object_id, with_children=with_children)
    }


def _changes(object_id: str, former: Aces, aces: Aces) -> list[Command]:
    """Return what makes the stored ACEs of an object these."""
    gone = [[name] for name in former if name not in aces]
    there = [[name, _text(held)] for name, held in aces.items() if former.get(name) != held]
    key = names.aces(object_id)
    return [*chunked(["HDEL", key], gone), *chunked(["HSET", key], there)]


def _range(prefix: str) -> tuple[str, str]:
    """Return the bounds of the members of a sorted set that begin with a text."""
    low, high = prefix_bounds(prefix)
    return f"[{low}" if low else "-", f"({high}" if high else "+"


def _text(principals: frozenset[str]) -> str:
    return json.dumps(sorted(principals))


def _principals(text: str | None) -> frozenset[str]:
    return frozenset(json.loads_trusted(text)) if text else _NOBODY
