"""The protocol as a small pure Python service: what must be answered, to whom, at which time.

It shares no name with the package under test; rights come from the table of the security tests.
Time is given: the service under test lives in the same milliseconds, so timestamps are predicted.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from tests.model.selection import selected
from tests.model.uris import ancestors, is_list, kind_of, list_of
from tests.security.permission_oracle import GRANTS

ABSENT: Any = "absent"
Permissions = dict[str, frozenset[str]]


@dataclass(frozen=True)
class Ask:
    """One request. `data`, `permissions` and the preconditions are `ABSENT` when not sent.

    `query` is for lists: pairs of a parameter and its value. `user` is a principal or None.
    """

    method: str
    uri: str
    user: str | None = None
    data: Any = ABSENT
    permissions: Any = ABSENT
    if_match: Any = ABSENT
    if_none_match: Any = ABSENT
    query: tuple[tuple[str, Any], ...] = ()
    merge: bool = False


@dataclass(frozen=True)
class Reply:
    """What must come back; `ABSENT` where nothing is promised."""

    status: int
    errno: int | None = None
    data: Any = ABSENT
    permissions: Any = ABSENT
    etag: int | None = None
    existing: Any = ABSENT


@dataclass
class Stored:
    """A live object."""

    data: dict[str, Any]
    stamp: int
    permissions: Permissions
    created: int = 0


class Refusal(Exception):
    """Ends a request with this reply; nothing of it stays."""

    def __init__(self, status: int, **more: Any) -> None:
        super().__init__(status)
        self.reply = Reply(status, **more)


@dataclass
class Service:
    """The state, and `handle`. `founded` is the timestamp of lists under no stored object."""

    founded: int
    objects: dict[str, Stored] = field(default_factory=dict)
    tombstones: dict[str, int] = field(default_factory=dict)
    clocks: dict[str, int] = field(default_factory=dict)
    raised: dict[str, int] = field(default_factory=dict)

    def handle(self, ask: Ask, now: int, *, last: bool = True) -> Reply:
        """Carry out a request at a time, and say what its answer must be.

        `last` is false for a request of a batch that others follow: what lies under a deleted
        object is cleared away at the end of the batch, or before it or its list is named again.
        """
        reply = self._handle_settled(ask, now)
        if last:
            self._settle()
        return reply

    def _handle_settled(self, ask: Ask, now: int) -> Reply:
        if any(
            f"{ask.uri}/".startswith(f"{uri}/") or list_of(uri) == ask.uri for uri in self.raised
        ):
            self._settle()
        try:
            if is_list(ask.uri):
                return {"GET": self._list, "HEAD": self._list, "POST": self._post,
                        "DELETE": self._empty}[ask.method](ask, now)  # fmt: skip
            return {"GET": self._get, "HEAD": self._get, "PUT": self._put, "PATCH": self._patch,
                    "DELETE": self._delete}[ask.method](ask, now)  # fmt: skip
        except Refusal as refusal:
            return refusal.reply

    # Who may do what.

    def principals(self, user: str | None) -> frozenset[str]:
        if user is None:
            return frozenset({"system.Everyone"})
        groups = {
            uri
            for uri, obj in self.objects.items()
            if kind_of(uri) == "group"
            and {user, "system.Authenticated"} & set(obj.data.get("members", ()))
        }
        return frozenset({"system.Everyone", "system.Authenticated", user} | groups)

    def may(self, ask: Ask, right: str, uri: str) -> bool:
        """Whether a right on an object, or on its list, is granted."""
        if (kind_of(uri), right) == ("bucket", "create"):
            return ask.user is not None
        granting = GRANTS[kind_of(uri), right]
        held = self.principals(ask.user)
        for level in (uri, *ancestors(uri)):
            names = granting.get(kind_of(level), ())
            if right in ("create", "list", "empty") and level == uri:
                continue
            if level in self.objects and self._holds(held, level, names):
                return True
        return False

    def shared(self, ask: Ask, right: str) -> list[str]:
        """Objects of a list on which the caller has a direct permission granting the right."""
        held, kind = self.principals(ask.user), kind_of(f"{ask.uri}/x")
        names = GRANTS[kind, right][kind]
        return [uri for uri in self._members(ask.uri) if self._holds(held, uri, names)]

    def _holds(self, held: frozenset[str], uri: str, names: tuple[str, ...]) -> bool:
        permissions = self.objects[uri].permissions
        return any(held & permissions.get(name, frozenset()) for name in names)

    def _require(self, ask: Ask, allowed: bool) -> None:
        if not allowed:
            raise Refusal(401, errno=104) if ask.user is None else Refusal(403, errno=121)

    def _require_parent(self, uri: str) -> None:
        """A record exists only in a stored collection."""
        if kind_of(uri) == "record" and list_of(uri).rpartition("/")[0] not in self.objects:
            raise Refusal(404, errno=111)

    # Reading.

    def _get(self, ask: Ask, now: int) -> Reply:
        self._require(ask, self.may(ask, "read", ask.uri))
        self._require_parent(ask.uri)
        obj = self._found(ask)
        self._check(ask, obj.stamp, exists=True)
        return self._shown(ask, 200)

    def _list(self, ask: Ask, now: int) -> Reply:
        inside = f"{ask.uri}/x"
        visible, dead = self._members(ask.uri), self._dead(ask.uri)
        if not self.may(ask, "list", inside):
            visible, dead = self.shared(ask, "read"), []
            self._require(ask, bool(visible) or self.may(ask, "create", inside))
        self._require_parent(inside)
        self._check(ask, self.clock(ask.uri), exists=True)
        shows_dead = any(name in ("_since", "_before") for name, _ in ask.query)
        entries = [self._entry(uri) for uri in visible]
        if ask.method == "HEAD":
            return Reply(200, data=len(selected(entries, ask.query)), etag=self.clock(ask.uri))
        if shows_dead:
            entries += [self._entry(uri) for uri in dead]
        return Reply(200, data=selected(entries, ask.query), etag=self.clock(ask.uri))

    # Writing.

    def _post(self, ask: Ask, now: int) -> Reply:
        self._require_parent(f"{ask.uri}/x")
        uri = f"{ask.uri}/{ask.data['id']}"
        target = replace(ask, uri=uri)
        if uri not in self.objects:
            self._require(ask, self.may(ask, "create", uri))
            self._check(target, self.clock(ask.uri), exists=False)
            return self._create(target, now)
        self._require(ask, self.may(ask, "read", uri))
        self._check(target, self.objects[uri].stamp, exists=True)
        return self._shown(target, 200)

    def _put(self, ask: Ask, now: int) -> Reply:
        self._require_parent(ask.uri)
        obj = self.objects.get(ask.uri)
        creating = obj is None or ask.if_none_match == "*"
        self._require(ask, self.may(ask, "create" if creating else "write", ask.uri))
        if obj is None:
            self._check(ask, self.clock(list_of(ask.uri)), exists=False)
            return self._create(ask, now)
        self._check(ask, obj.stamp, exists=True)
        data = obj.data if ask.data is ABSENT else self._cleaned(ask.uri, ask.data)
        given = {} if ask.permissions is ABSENT else ask.permissions
        lists = {name: frozenset(who) for name, who in given.items() if who is not None}
        return self._update(ask, now, data, lists or obj.permissions)

    def _patch(self, ask: Ask, now: int) -> Reply:
        self._require_parent(ask.uri)
        self._require_on_existing(ask)
        obj = self._found(ask)
        self._check(ask, obj.stamp, exists=True)
        data = dict(obj.data)
        for name, value in ({} if ask.data is ABSENT else ask.data).items():
            if value is None and ask.merge:
                data.pop(name, None)
            else:
                data[name] = value
        permissions = dict(obj.permissions)
        for name, who in ({} if ask.permissions is ABSENT else ask.permissions).items():
            if who is not None or ask.merge:
                permissions[name] = frozenset(who or ())
        return self._update(ask, now, self._cleaned(ask.uri, data), permissions)

    def _delete(self, ask: Ask, now: int) -> Reply:
        self._require_parent(ask.uri)
        self._require_on_existing(ask)
        obj = self._found(ask)
        self._check(ask, obj.stamp, exists=True)
        self._bury(ask.uri, now, dict(ask.query).get("last_modified"))
        return Reply(200, data=self._entry(ask.uri), etag=self.tombstones[ask.uri])

    def _empty(self, ask: Ask, now: int) -> Reply:
        inside = f"{ask.uri}/x"
        targets = self._members(ask.uri)
        if not self.may(ask, "empty", inside):
            targets = self.shared(ask, "write")
            self._require(ask, bool(targets) or self.may(ask, "create", inside))
        self._require_parent(inside)
        self._check(ask, self.clock(ask.uri), exists=True)
        chosen = [obj["id"] for obj in selected([self._entry(uri) for uri in targets], ask.query)]
        uris = [f"{ask.uri}/{name}" for name in chosen]
        for uri in uris:
            self._bury(uri, now, None, cascade=False)
        data = [self._entry(uri) for uri in uris]
        newest = max((obj["last_modified"] for obj in data), default=self.clock(ask.uri))
        for uri in uris:
            self._cascade(uri, now)
        return Reply(200, data=data, etag=newest)

    # Steps of the above.

    def _found(self, ask: Ask) -> Stored:
        if ask.uri not in self.objects:
            raise Refusal(404, errno=110)
        return self.objects[ask.uri]

    def _require_on_existing(self, ask: Ask) -> None:
        right = "write" if ask.uri in self.objects else "list"
        self._require(ask, self.may(ask, right, ask.uri))

    def _check(self, ask: Ask, current: int, *, exists: bool) -> None:
        """The decision list of preconditions."""
        if ask.method in ("GET", "HEAD") and ask.if_none_match == current:
            raise Refusal(304, etag=current)
        failed = ask.if_none_match == "*" and exists
        if ask.if_match is not ABSENT:
            failed = failed or not exists or ask.if_match not in ("*", current)
        if not failed:
            return
        shows = ask.uri in self.objects and self.may(ask, "read", ask.uri)
        existing = self._entry(ask.uri) if shows else ABSENT
        raise Refusal(412, errno=114, etag=current, existing=existing)

    def _create(self, ask: Ask, now: int) -> Reply:
        data = {} if ask.data is ABSENT else self._cleaned(ask.uri, ask.data)
        given = {} if ask.permissions is ABSENT else ask.permissions
        stamp = self._stamp(ask.uri, now, self._wanted(ask))
        self.tombstones.pop(ask.uri, None)
        created = max(now, self.clock(list_of(ask.uri)))
        permissions = {name: frozenset(who) for name, who in given.items() if who is not None}
        self.objects[ask.uri] = Stored(data, stamp, permissions, created)
        self._add_writer(ask)
        return self._shown(ask, 201)

    def _update(self, ask: Ask, now: int, data: Any, permissions: Permissions) -> Reply:
        obj = self.objects[ask.uri]
        wanted = self._wanted(ask)
        obj.stamp = self._stamp(ask.uri, now, wanted if wanted and wanted > obj.stamp else None)
        obj.data, obj.permissions = dict(data), dict(permissions)
        self._add_writer(ask)
        return self._shown(ask, 200)

    def _add_writer(self, ask: Ask) -> None:
        permissions = self.objects[ask.uri].permissions
        writer = ask.user or "system.Everyone"
        permissions["write"] = permissions.get("write", frozenset()) | {writer}
        for name in [name for name, who in permissions.items() if not who]:
            del permissions[name]

    def _wanted(self, ask: Ask) -> int | None:
        return None if ask.data is ABSENT else ask.data.get("last_modified")

    def _cleaned(self, uri: str, data: dict[str, Any]) -> dict[str, Any]:
        """What of the given data is kept besides the identifier and the time."""
        kept = {k: v for k, v in data.items() if k not in ("id", "last_modified")}
        return {"members": [], **kept} if kind_of(uri) == "group" else kept

    def _stamp(self, uri: str, now: int, wanted: int | None) -> int:
        """Timestamp of a write; moves the clock of the list."""
        place = list_of(uri)
        previous = self.clock(place)
        if wanted is None or wanted == previous:
            wanted = max(now, previous + 1)
        others = {self.objects[other].stamp for other in self._members(place) if other != uri}
        others |= {self.tombstones[other] for other in self._dead(place) if other != uri}
        if wanted in others:
            raise Refusal(409, errno=122)
        self.clocks[place] = max(previous, wanted)
        return wanted

    def _bury(self, uri: str, now: int, wanted: Any, *, cascade: bool = True) -> None:
        stamp = self.objects[uri].stamp
        buried = self._stamp(uri, now, wanted if wanted and wanted > stamp else None)
        del self.objects[uri]
        self.tombstones[uri] = buried
        if cascade:
            self._cascade(uri, now)

    def _cascade(self, uri: str, now: int) -> None:
        """Everything under an object goes, one deletion after the other; only the greatest time
        of its lists is remembered."""
        below = f"{uri}/"
        for gone in [other for other in self.objects if other.startswith(below)]:
            self.clocks[list_of(gone)] = max(now, self.clock(list_of(gone)) + 1)
        for of_uri in (self.objects, self.tombstones):
            for gone in [other for other in of_uri if other.startswith(below)]:
                del of_uri[gone]
        removed = [place for place in self.clocks if place.startswith(below)]
        newest = max((self.clocks.pop(place) for place in removed), default=-1)
        self.raised[uri] = newest + 1

    def _settle(self) -> None:
        """The list of a deleted object remembers the times of the lists below it."""
        for uri, newest in self.raised.items():
            place = list_of(uri)
            self.clocks[place] = max(self.clock(place), newest)
        self.raised.clear()

    def clock(self, place: str) -> int:
        """Timestamp of a list; that of the creation of its parent while nothing was written."""
        if place in self.clocks:
            return self.clocks[place]
        parent = place.rpartition("/")[0]
        return self.objects[parent].created if parent in self.objects else self.founded

    def _members(self, place: str) -> list[str]:
        return [uri for uri in self.objects if list_of(uri) == place]

    def _dead(self, place: str) -> list[str]:
        return [uri for uri in self.tombstones if list_of(uri) == place]

    def _entry(self, uri: str) -> dict[str, Any]:
        name = uri.rpartition("/")[2]
        if uri in self.objects:
            return {**self.objects[uri].data, "id": name, "last_modified": self.objects[uri].stamp}
        return {"id": name, "last_modified": self.tombstones[uri], "deleted": True}

    def _shown(self, ask: Ask, status: int) -> Reply:
        obj = self.objects[ask.uri]
        is_writer = self.principals(ask.user) & obj.permissions.get("write", frozenset())
        permissions = obj.permissions if is_writer else {}
        return Reply(
            status, data=self._entry(ask.uri), permissions=dict(permissions), etag=obj.stamp
        )
