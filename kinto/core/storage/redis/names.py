"""The keys in Redis, and how what is in them is written.

All of them share one hash tag, `{kinto}`: a cluster keeps them on one node, so that one script can
change whatever a unit of work changed. One Kinto uses one database of a Redis.
"""

from __future__ import annotations

from urllib.parse import quote

ListKey = tuple[str, str]
"""(resource_name, parent_id)"""

TAG = "kinto:{kinto}:"
"""What all keys of the storage and the permissions begin with."""

LOCK = TAG + "lock"
"""The token of the unit that writes; Redis forgets it when the lease ends."""
HOLDER = TAG + "holder"
"""The token of the last unit that took the lock: who is not it any more may not commit."""
WAKE = TAG + "wake"
"""A list that gets one item when the lock is let go, for who waits."""

STORAGE = TAG + "s:"
"""What the keys of the storage begin with."""
CLOCKS = STORAGE + "clocks"
"""Hash: `list_name` -> `clock_entry`."""
LISTS = STORAGE + "lists"
"""Sorted set of `list_member`: the lists that have a clock, found by parent."""
META = STORAGE + "meta"
"""Hash: `created_at`."""

PERMISSION = TAG + "p:"
"""What the keys of the permissions begin with."""
PRINCIPALS = PERMISSION + "principals"
"""Hash: user id -> JSON list of principals."""
OBJECTS = PERMISSION + "objects"
"""Sorted set: the ids of the objects that have an ACE, in order."""

_SMALLEST = -(2**63)


def rows(key: ListKey, *, dead: bool) -> str:
    """The hash of a list: object id -> text of the row."""
    return f"{STORAGE}{'dead' if dead else 'live'}:{list_name(key)}"


def times(key: ListKey, *, dead: bool) -> str:
    """The sorted set of a list: a `time_member` for each row.

    Scores are doubles and would confuse great timestamps; the order is that of the members.
    """
    return f"{STORAGE}{'dead' if dead else 'live'}-times:{list_name(key)}"


def list_name(key: ListKey) -> str:
    """The name of a list, which no two lists share."""
    return f"{quote(key[0], safe='')}:{key[1]}"


def list_of_name(name: str) -> ListKey:
    """The list of a `list_name`, its resource name still quoted (equal for plain names)."""
    resource_name, _, parent_id = name.partition(":")
    return resource_name, parent_id


def list_member(key: ListKey) -> str:
    """The member of `LISTS` for a list: its parent first, so that a parent is a range."""
    return f"{key[1]}\0{key[0]}"


def list_of_member(member: str) -> ListKey:
    """The list of a `list_member`."""
    parent_id, _, resource_name = member.rpartition("\0")
    return resource_name, parent_id


def time_member(modified: int, object_id: str) -> str:
    """The member for a row in `times`: in the order of time."""
    return f"{time_prefix(modified)}{object_id}"


def time_prefix(modified: int) -> str:
    """What the members of a timestamp begin with; of a fixed length, in the order of time."""
    return f"{modified - _SMALLEST:020d}"


def id_of_member(member: str) -> str:
    """The object id in a `time_member`."""
    return member[20:]


def aces(object_id: str) -> str:
    """The hash of an object: permission -> JSON list of principals."""
    return f"{PERMISSION}aces:{object_id}"


def granted(principal: str) -> str:
    """The sorted set of a principal: a `grant_member` for each of its ACEs."""
    return f"{PERMISSION}granted:{principal}"


def grant_member(permission: str, object_id: str) -> str:
    """The member for an ACE in `granted`: its permission first, so that a prefix is a range."""
    return f"{permission}\0{object_id}"


def members(principal: str) -> str:
    """The set of the users that have a principal."""
    return f"{PERMISSION}members:{principal}"
