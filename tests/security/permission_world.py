"""The world of the permission table: what is stored, and how it is put into an application.

Each object has a text of its own (`secret_of`), so that an answer can be searched for objects
that it must not show. Beside bucket `a_b` lies its neighbour `axb`, which nobody shares.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from typing import Any

from kinto.core.runtime import units
from tests import factories

BUCKET = "/buckets/a_b"
COLLECTION = f"{BUCKET}/collections/c"
GROUP = f"{BUCKET}/groups/h"
RECORD = f"{COLLECTION}/records/r1"
MEMBERSHIP = f"{BUCKET}/groups/g"
NEIGHBOUR = "/buckets/axb"

OBJECTS = frozenset(
    {
        BUCKET,
        COLLECTION,
        GROUP,
        MEMBERSHIP,
        RECORD,
        f"{COLLECTION}/records/r2",
        f"{BUCKET}/collections/d",
        f"{BUCKET}/collections/d/records/r1",
        NEIGHBOUR,
        f"{NEIGHBOUR}/collections/c",
        f"{NEIGHBOUR}/collections/c/records/r1",
        f"{NEIGHBOUR}/groups/h",
    }
)
TOMBSTONES = frozenset({f"{COLLECTION}/records/gone"})
LISTS = sorted({uri.rpartition("/")[0] for uri in OBJECTS})

ROLES = tuple(
    f"{kind}_{permission}"
    for kind in ("bucket", "collection", "group", "record")
    for permission in ("create", "read", "write")
)
"""Each names a user, and the setting (`<role>_principals`) that lists only that user."""

USERS = ("alice", "member", "stranger", *ROLES)
Permissions = Mapping[str, Mapping[str, Iterable[str]]]

_SECRETS = re.compile(r"secret of (/[/\w-]+)")


def user_id(name: str) -> str:
    """The principal of a user of the application, who has the password `secret`."""
    digest = hmac.new(factories.SECRET.encode(), f"{name}:secret".encode(), hashlib.sha256)
    return f"basicauth:{digest.hexdigest()}"


def principals_of(caller: str) -> frozenset[str]:
    """The principals of a caller, `anonymous` or one of `USERS`."""
    if caller == "anonymous":
        return frozenset({"system.Everyone"})
    groups = {MEMBERSHIP} if caller == "member" else set()
    return frozenset({"system.Everyone", "system.Authenticated", user_id(caller)} | groups)


def role_settings() -> dict[str, str]:
    """The settings in which each role is named."""
    return {f"{role}_principals": user_id(role) for role in ROLES}


def secret_of(uri: str) -> str:
    """The text that only the object at `uri` holds."""
    return f"secret of {uri}."


def secrets_in(text: str) -> frozenset[str]:
    """The URIs of the objects whose secret occurs in an answer."""
    return frozenset(_SECRETS.findall(text))


def fill(registry: Any, aces: Permissions) -> None:
    """Empty the backends and store the world with these permissions."""
    with units.unit_of_work():
        registry.storage.flush()
        registry.permission.flush()
        for uri in sorted(OBJECTS | TOMBSTONES):
            obj: dict[str, Any] = {"id": uri.rpartition("/")[2], "secret": secret_of(uri)}
            if "/groups/" in uri:
                obj["members"] = [user_id("member")] if uri == MEMBERSHIP else []
            registry.storage.create(**_list_of(uri), obj=obj)
        for uri in sorted(TOMBSTONES):
            registry.storage.delete(**_list_of(uri), object_id=uri.rpartition("/")[2])
        registry.permission.add_user_principal(user_id("member"), MEMBERSHIP)
        for uri, permissions in aces.items():
            registry.permission.replace_object_permissions(uri, permissions)


def state(registry: Any) -> dict[str, Any]:
    """Everything that a request could have changed: URI -> (object, permissions)."""
    stored = {
        f"{path}/{obj['id']}": obj
        for path in LISTS
        for obj in registry.storage.list_all(**_list_of(f"{path}/x"), include_deleted=True)
    }
    uris = sorted(stored.keys() | OBJECTS)
    permissions = registry.permission.get_objects_permissions(uris)
    return {
        uri: (stored.get(uri), aces)
        for uri, aces in zip(uris, permissions, strict=True)
        if uri in stored or aces
    }


def _list_of(uri: str) -> dict[str, str]:
    parent, name = uri.rpartition("/")[0].rsplit("/", 1)
    return {"resource_name": name.removesuffix("s"), "parent_id": parent}
