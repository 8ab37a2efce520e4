"""Who the caller is, for authorization: group principals and known permissions, read once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

# Permission of a view open to any authenticated user.
PRIVATE = "private"
# Permission of a view whose context says what is required.
DYNAMIC = "dynamic"

BoundPermissions = Sequence[tuple[str, str]]
Permissions = dict[str, set[str]]


class KnownPermissions:
    """The ACEs of the objects that one request is about, read from the backend at most once.

    Args:
        object_uris: that are going to be asked for.
        first: called before anything is read, once.
    """

    def __init__(
        self,
        backend: Any,
        object_uris: Iterable[str] = (),
        first: Callable[[], object] | None = None,
    ) -> None:
        self._backend = backend
        self._first = first
        self._wanted = list(object_uris)
        self._by_uri: dict[str, dict[str, set[str]]] = {}

    def read_with_principals(self, user_id: str) -> set[str]:
        """Group principals of `user_id`; the wanted ACEs come in the same round trip."""
        self.begin()
        if not self._wanted:
            return set(self._backend.get_user_principals(user_id))
        principals, found = self._backend.get_principals_and_permissions(user_id, self._wanted)
        self._by_uri.update(zip(self._wanted, found, strict=True))
        self._wanted = []
        return set(principals)

    def begin(self) -> None:
        """Do what has to come before anything is read, unless it is done."""
        first, self._first = self._first, None
        if first is not None:
            first()

    def read_wanted(self) -> None:
        """Read what was announced, now."""
        if self._wanted:
            self._read(())

    def of(self, object_uri: str) -> dict[str, set[str]]:
        """Permissions of one object: a mapping from name to principals."""
        if object_uri not in self._by_uri:
            self._read([object_uri])
        return self._by_uri[object_uri]

    def grants(self, principals: AbstractSet[str], bound_permissions: BoundPermissions) -> bool:
        """Whether one of the principals holds one of the bound permissions."""
        known = self._by_uri
        if self._wanted or not known.keys() >= {uri for uri, _ in bound_permissions}:
            self._read([uri for uri, _ in bound_permissions])
        return self.already_grants(principals, bound_permissions)

    def already_grants(
        self, principals: AbstractSet[str], bound_permissions: BoundPermissions
    ) -> bool:
        """As `grants`, as far as what was read tells: nothing more is."""
        known = self._by_uri
        for uri, permission in bound_permissions:
            if uri in known and not principals.isdisjoint(known[uri].get(permission, ())):
                return True
        return False

    def set(self, object_uri: str, permissions: dict[str, set[str]]) -> None:
        """Remember what this request itself stored for the object."""
        self._by_uri[object_uri] = {name: who for name, who in permissions.items() if who}

    def set_all(self, object_uris: Iterable[str], permissions: Permissions) -> None:
        """The same for several objects; nobody changes `permissions` afterwards."""
        self._by_uri.update(dict.fromkeys(object_uris, permissions))

    def forget(self, object_uri: str) -> None:
        """Read the object's ACEs again at the next use, because they are about to change."""
        self._by_uri.pop(object_uri, None)

    def _read(self, object_uris: Iterable[str]) -> None:
        self.begin()
        unknown = [
            uri for uri in dict.fromkeys([*self._wanted, *object_uris]) if uri not in self._by_uri
        ]
        self._wanted = []
        if unknown:
            # Nothing here is changed, so a backend may give what others read, too.
            _, found = self._backend.get_principals_and_permissions(None, unknown)
            self._by_uri.update(zip(unknown, found, strict=True))


def known_permissions(request: Any) -> KnownPermissions:
    """What this request already read of the permissions (made empty at the first call)."""
    known: KnownPermissions | None = request.__dict__.get("_known_permissions")
    if known is None:
        known = KnownPermissions(request.registry.permission)
        request.__dict__["_known_permissions"] = known
    return known


def expect_permissions(
    request: Any, object_uris: Iterable[str], first: Callable[[], object] | None = None
) -> KnownPermissions:
    """Announce the objects whose ACEs the request will need.

    Args:
        first: what has to be done before any of them, or the groups of the user, are read.
    """
    known = KnownPermissions(request.registry.permission, object_uris, first)
    request.__dict__["_known_permissions"] = known
    return known


def groupfinder(userid: str, request: Any) -> list[str] | set[str]:
    """Group principals of the user that a policy recognised (setting `multiauth.groupfinder`).

    Remembered for the request and its sub-requests; the batch forgets them when a group may have
    changed.
    """
    if getattr(request.registry, "permission", None) is None:
        return []
    prefixed_userid = request.prefixed_userid
    cached: dict[str, Any] = request.bound_data
    key = f"{prefixed_userid}_principals"
    if key not in cached:
        cached[key] = known_permissions(request).read_with_principals(prefixed_userid)
    return cached[key]  # type: ignore[no-any-return]


def forget_principals(request: Any) -> None:
    """Read the groups of every user again, because memberships may have changed."""
    for key in [key for key in request.bound_data if key.endswith("_principals")]:
        del request.bound_data[key]
