"""What a request must be answered, worked out from nothing but the permission table.

A pure function of the stored objects, the stored permissions, the principals that settings name,
the caller's principals and the request. It follows the HTTP specification (who may do what, the
decision for each request, what a list shows) and is written apart from the code that it judges:
it shares no name with `kinto`. A 412 shows the object only to who may read it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

AUTHENTICATED = "system.Authenticated"

KINDS = {"buckets": "bucket", "collections": "collection", "groups": "group", "records": "record"}

_R, _W = "read", "write"

# (kind, right) -> the level at which a permission is held -> the permissions that grant it.
# "root" is above the buckets: nothing can be stored there, only settings speak of it.
GRANTS: Mapping[tuple[str, str], Mapping[str, tuple[str, ...]]] = {
    ("bucket", "read"): {"bucket": (_R, _W, "collection:create", "group:create")},
    ("bucket", "write"): {"bucket": (_W,)},
    ("bucket", "create"): {"root": ("bucket:create",)},
    ("bucket", "list"): {"root": (_R,)},
    ("bucket", "empty"): {"root": (_W,)},
    ("collection", "read"): {"bucket": (_R, _W), "collection": (_R, _W, "record:create")},
    ("collection", "write"): {"bucket": (_W,), "collection": (_W,)},
    ("collection", "create"): {"bucket": (_W, "collection:create")},
    ("collection", "list"): {"bucket": (_R, _W)},
    ("collection", "empty"): {"bucket": (_W,)},
    ("group", "read"): {"bucket": (_R, _W), "group": (_R, _W)},
    ("group", "write"): {"bucket": (_W,), "group": (_W,)},
    ("group", "create"): {"bucket": (_W, "group:create")},
    ("group", "list"): {"bucket": (_R, _W)},
    ("group", "empty"): {"bucket": (_W,)},
    ("record", "read"): {"bucket": (_R, _W), "collection": (_R, _W), "record": (_R, _W)},
    ("record", "write"): {"bucket": (_W,), "collection": (_W,), "record": (_W,)},
    ("record", "create"): {"bucket": (_W,), "collection": (_W, "record:create")},
    ("record", "list"): {"bucket": (_R, _W), "collection": (_R, _W)},
    ("record", "empty"): {"bucket": (_W,), "collection": (_W,)},
}


@dataclass(frozen=True)
class World:
    """What is stored: URIs of live objects and of tombstones, and the permissions.

    `aces` is URI -> permission -> principals; `settings` is, for instance, `record_create` ->
    principals.
    """

    objects: frozenset[str]
    aces: Mapping[str, Mapping[str, frozenset[str]]]
    settings: Mapping[str, frozenset[str]]
    tombstones: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Request:
    """A method on a path without version prefix, and what of it matters to the table.

    `if_match` is always a value that no object has. `with_tombstones`: the filters of the list
    ask for deletions too.
    """

    method: str
    path: str
    post_id: str | None = None
    if_none_match_any: bool = False
    if_match: bool = False
    with_tombstones: bool = False


@dataclass(frozen=True)
class Answer:
    """What must come back.

    `ids`: exactly these in a list. `shows_object`: is the object that the path or the body
    designates in the answer (None: there is no such object, or it is a list)? `permissions`: is
    its permission map there? `removed`: the URIs that are gone afterwards.
    """

    status: int
    ids: frozenset[str] | None = None
    shows_object: bool | None = None
    permissions: bool | None = None
    removed: frozenset[str] = frozenset()

    @property
    def is_refusal(self) -> bool:
        """Does the request leave everything as it was?"""
        return self.status >= 400


def expected(world: World, principals: Iterable[str], request: Request) -> Answer:
    """Return the answer that the table demands for `request` by a holder of `principals`."""
    decision = _Decision(world, frozenset(principals), request)
    if decision.lacks_parent and request.method in ("POST", "PUT", "PATCH", "DELETE"):
        if not (decision.is_list and request.method == "DELETE"):
            return Answer(404)
    if decision.is_list:
        return _LISTS[request.method](decision)
    return _OBJECTS[request.method](decision)


def readable(world: World, principals: Iterable[str]) -> frozenset[str]:
    """The URIs of all objects that a holder of `principals` may read."""
    holder = frozenset(principals)
    return frozenset(
        uri for uri in world.objects if _Decision(world, holder, Request("GET", uri)).may("read")
    )


_IMPLIED: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("bucket", "write"): ("read", "read:attributes", "collection:create", "group:create"),
    ("bucket", "read"): ("read:attributes",),
    ("bucket", "collection:create"): ("read:attributes",),
    ("bucket", "group:create"): ("read:attributes",),
    ("collection", "write"): ("read", "read:attributes", "record:create"),
    ("collection", "read"): ("read:attributes",),
    ("collection", "record:create"): ("read:attributes",),
    ("group", "write"): ("read",),
    ("record", "write"): ("read",),
}

# setting -> (the kind of the entries it makes in `/permissions`, the permission they show)
_ENTRIES = {
    "bucket_read": ("bucket", "read"),
    "bucket_write": ("bucket", "write"),
    "collection_create": ("bucket", "collection:create"),
    "group_create": ("bucket", "group:create"),
    "collection_read": ("collection", "read"),
    "collection_write": ("collection", "write"),
    "group_read": ("group", "read"),
    "group_write": ("group", "write"),
    "record_create": ("collection", "record:create"),
}


def entries(world: World, principals: Iterable[str]) -> dict[str, frozenset[str]]:
    """What `/permissions` must list for a holder of `principals`: URI -> permissions.

    Direct permissions and those of settings only, with what they imply on the same object.
    """
    holder = frozenset(principals)
    held: dict[str, set[str]] = {}
    for uri, permissions in world.aces.items():
        for permission, holders in permissions.items():
            if not holders.isdisjoint(holder):
                held.setdefault(uri, set()).add(permission)
    for setting, named in world.settings.items():
        if setting in _ENTRIES and not named.isdisjoint(holder):
            kind, permission = _ENTRIES[setting]
            for uri in world.objects:
                if _kind(uri) == kind:
                    held.setdefault(uri, set()).add(permission)
    found = {
        uri: frozenset(permissions).union(*(_IMPLIED.get((_kind(uri), p), ()) for p in permissions))
        for uri, permissions in held.items()
    }
    if not world.settings.get("bucket_create", frozenset()).isdisjoint(holder):
        found["/"] = frozenset({"bucket:create"})
    return found


class _Decision:
    """One request in one world: the questions that the rules ask."""

    def __init__(self, world: World, principals: frozenset[str], request: Request) -> None:
        self.world, self.principals, self.request = world, principals, request
        self.segments = request.path.strip("/").split("/")
        self.is_list = len(self.segments) % 2 == 1
        self.kind = KINDS[self.segments[-1] if self.is_list else self.segments[-2]]
        self.parent = "".join(f"/{s}" for s in self.segments[: (len(self.segments) - 1) // 2 * 2])
        self.lacks_parent = self.kind == "record" and self.parent not in world.objects

    @property
    def target(self) -> str | None:
        """The URI of the object that is meant, if any."""
        if not self.is_list:
            return self.request.path
        if self.request.post_id is not None:
            return f"{self.request.path}/{self.request.post_id}"
        return None

    @property
    def exists(self) -> bool:
        return self.target in self.world.objects

    def may(self, right: str, target: str | None = None) -> bool:
        """Is the right granted, by what is stored here or above, or by settings?"""
        uri = target or self.request.path
        for level, permissions in GRANTS[self.kind, right].items():
            for permission in permissions:
                if self._named_in_settings(permission):
                    return True
                if self._holds(_ancestor(uri, level), permission):
                    return True
        return False

    def shared(self, right: str) -> frozenset[str]:
        """The objects of the list on which a permission granting `right` is held directly."""
        permissions = GRANTS[self.kind, right][self.kind]
        return frozenset(
            uri
            for uri in self.members()
            if any(self._holds(uri, permission) for permission in permissions)
        )

    def members(self) -> frozenset[str]:
        return _members(self.world.objects, self.request.path)

    def owns_target(self) -> bool:
        return self._holds(self.target, "write")

    def refused(self) -> Answer:
        status = 403 if AUTHENTICATED in self.principals else 401
        return Answer(status, shows_object=False if self.exists else None)

    def _holds(self, uri: str | None, permission: str) -> bool:
        held = self.world.aces.get(uri or "", {}).get(permission, frozenset())
        return not held.isdisjoint(self.principals)

    def _named_in_settings(self, permission: str) -> bool:
        if permission == f"{self.kind}:create":
            permission = "create"
        named = self.world.settings.get(f"{self.kind}_{permission}", frozenset())
        return not named.isdisjoint(self.principals)


def _get_object(decision: _Decision) -> Answer:
    if not decision.may("read"):
        return decision.refused()
    if not decision.exists:
        return Answer(404)
    if decision.request.if_none_match_any or decision.request.if_match:
        return Answer(412, shows_object=True)
    return Answer(200, shows_object=True, permissions=decision.owns_target())


def _put(decision: _Decision) -> Answer:
    creates = not decision.exists or decision.request.if_none_match_any
    if not decision.may("create" if creates else "write"):
        return decision.refused()
    if not decision.exists:
        return Answer(412) if decision.request.if_match else Answer(201, permissions=True)
    if decision.request.if_none_match_any or decision.request.if_match:
        return Answer(412, shows_object=decision.may("read"))
    return Answer(200, permissions=True)


def _patch_or_delete(decision: _Decision) -> Answer:
    if not decision.may("write"):
        if not decision.exists and decision.may("list"):
            return Answer(404)
        return decision.refused()
    if not decision.exists:
        return Answer(404)
    if decision.request.if_none_match_any or decision.request.if_match:
        return Answer(412, shows_object=True)
    if decision.request.method == "PATCH":
        return Answer(200, shows_object=True, permissions=True)
    return Answer(200, removed=_below(decision.world, [decision.request.path]))


def _get_list(decision: _Decision) -> Answer:
    visible, shows_tombstones = _visible(decision)
    if visible is None:
        return decision.refused()
    if decision.lacks_parent:
        return Answer(404)
    if decision.request.if_none_match_any or decision.request.if_match:
        return Answer(412)
    if shows_tombstones and decision.request.with_tombstones:
        visible |= _members(decision.world.tombstones, decision.request.path)
    return Answer(200, ids=_ids(visible))


def _visible(decision: _Decision) -> tuple[frozenset[str] | None, bool]:
    """What a caller sees of a list (None: not even the list), and whether as a whole."""
    if decision.may("list"):
        return decision.members(), True
    if shared := decision.shared("read"):
        return shared, False
    return (frozenset() if decision.may("create") else None), False


def _post(decision: _Decision) -> Answer:
    if decision.exists:
        if not decision.may("read", decision.target):
            return decision.refused()
        if decision.request.if_none_match_any or decision.request.if_match:
            return Answer(412, shows_object=True)
        return Answer(200, shows_object=True, permissions=decision.owns_target())
    if not decision.may("create"):
        return decision.refused()
    return Answer(412) if decision.request.if_match else Answer(201, permissions=True)


def _delete_list(decision: _Decision) -> Answer:
    if decision.may("empty"):
        removed = decision.members()
    else:
        removed = decision.shared("write")
        if not removed and not decision.may("create"):
            return decision.refused()
    if decision.lacks_parent:
        return Answer(404)
    if decision.request.if_none_match_any or decision.request.if_match:
        return Answer(412)
    return Answer(200, ids=_ids(removed), removed=_below(decision.world, removed))


_OBJECTS = {
    "GET": _get_object,
    "HEAD": _get_object,
    "PUT": _put,
    "PATCH": _patch_or_delete,
    "DELETE": _patch_or_delete,
}
_LISTS = {"GET": _get_list, "HEAD": _get_list, "POST": _post, "DELETE": _delete_list}


def _kind(uri: str) -> str:
    return KINDS[uri.split("/")[-2]]


def _ancestor(uri: str, level: str) -> str | None:
    """The URI of the bucket, collection... that `uri` is or lies in."""
    segments = uri.strip("/").split("/")
    for end in range(2, len(segments) + 1, 2):
        if KINDS[segments[end - 2]] == level:
            return "/" + "/".join(segments[:end])
    return None


def _members(uris: Iterable[str], list_path: str) -> frozenset[str]:
    return frozenset(
        uri
        for uri in uris
        if uri.startswith(list_path + "/") and "/" not in uri[len(list_path) + 1 :]
    )


def _below(world: World, uris: Iterable[str]) -> frozenset[str]:
    """These objects and all that is in them."""
    return frozenset(
        other for uri in uris for other in world.objects if f"{other}/".startswith(f"{uri}/")
    )


def _ids(uris: Iterable[str]) -> frozenset[str]:
    return frozenset(uri.rpartition("/")[2] for uri in uris)
