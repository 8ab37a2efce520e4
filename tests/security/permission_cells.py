"""The cells of the permission table: who asks, what is granted, and every request that is tried.

The whole product has some 120,000 cells. `cells()` keeps all of those where the caller holds the
permission that is stored, and a fixed share (by a checksum of the cell's name) of the others.
"""

from __future__ import annotations

import itertools
import json
import random
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.security.permission_oracle import Request
from tests.security.permission_world import (
    BUCKET,
    COLLECTION,
    GROUP,
    MEMBERSHIP,
    NEIGHBOUR,
    OBJECTS,
    RECORD,
    ROLES,
    user_id,
)

PERMISSIONS = {
    "buckets": ("read", "write", "collection:create", "group:create"),
    "collections": ("read", "write", "record:create"),
    "groups": ("read", "write"),
    "records": ("read", "write"),
}

ACES = {
    f"{kind} {permission}": (uri, permission)
    for kind, uri in (
        ("bucket", BUCKET),
        ("collection", COLLECTION),
        ("group", GROUP),
        ("record", RECORD),
    )
    for permission in PERMISSIONS[f"{kind}s"]
}

HOLDERS = {
    "alice": user_id("alice"),
    "member": MEMBERSHIP,
    "stranger": "system.Authenticated",
    "anonymous": "system.Everyone",
}
"""Who holds the stored permission, under which principal."""

OBJECT_PATHS = (
    BUCKET,
    "/buckets/none",
    COLLECTION,
    f"{BUCKET}/collections/none",
    f"{NEIGHBOUR}/collections/c",
    "/buckets/none/collections/x",
    GROUP,
    f"{BUCKET}/groups/none",
    RECORD,
    f"{COLLECTION}/records/r2",
    f"{COLLECTION}/records/none",
    f"{COLLECTION}/records/gone",
    f"{BUCKET}/collections/d/records/r1",
    f"{BUCKET}/collections/none/records/x",
    f"{NEIGHBOUR}/collections/c/records/r1",
)

LIST_PATHS = {  # the list, and an id to post that is there
    "/buckets": "a_b",
    f"{BUCKET}/collections": "c",
    f"{BUCKET}/groups": "h",
    f"{COLLECTION}/records": "r1",
    f"{BUCKET}/collections/d/records": "r1",
    f"{NEIGHBOUR}/collections/c/records": "r1",
    "/buckets/none/collections": "c",
    f"{BUCKET}/collections/none/records": "r1",
}

ALL_IDS = "a_b,axb,c,d,g,h,r1,r2,gone"
READ_QUERIES = ("", "?has_secret=true", f"?in_id={ALL_IDS}", "?not_id=none", "?_sort=-secret")
TOMBSTONE_QUERIES = ("?_since=0", f"?_since=0&in_id={ALL_IDS}")


@dataclass(frozen=True)
class Cell:
    """One request (`query` is what follows the path) of one caller."""

    caller: str
    request: Request
    query: str = ""

    def __str__(self) -> str:
        request = self.request
        return (
            f"{self.caller}: {request.method} {request.path}{self.query}"
            f"{f' id={request.post_id}' if request.post_id else ''}"
            f"{' If-None-Match: *' if request.if_none_match_any else ''}"
            f"{' If-Match: stale' if request.if_match else ''}"
        )

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the request besides the credentials."""
        headers = {}
        if self.request.if_none_match_any:
            headers["If-None-Match"] = "*"
        if self.request.if_match:
            headers["If-Match"] = '"1"'
        return headers

    @property
    def body(self) -> dict[str, Any] | None:
        """The JSON body, None for none."""
        if self.request.method not in ("POST", "PUT", "PATCH"):
            return None
        data: dict[str, Any] = {"changed": True}
        if self.request.post_id is not None:
            data["id"] = self.request.post_id
        if "/groups" in self.request.path:
            data["members"] = []
        return {"data": data}


@dataclass(frozen=True)
class Block:
    """The cells that share one set of stored permissions."""

    name: str
    aces: Mapping[str, Mapping[str, frozenset[str]]]
    cells: tuple[Cell, ...]


def blocks(*, full: bool = False) -> Iterator[Block]:
    """The table, by set of stored permissions; `full` leaves nothing out."""
    yield _block("nothing", [], {"anonymous": 1, "stranger": 1, **dict.fromkeys(ROLES, 1)}, full)
    for (name, ace), (holder, principal) in itertools.product(ACES.items(), HOLDERS.items()):
        shares = dict.fromkeys(HOLDERS, 20)
        if principal == "system.Authenticated":
            shares |= dict.fromkeys(ROLES, 40)
        shares[holder] = 1 if holder == "alice" else 3
        yield _block(f"{name} for {principal[:20]}", [(*ace, principal)], shares, full)
    for (one, ace), (other, ace2) in itertools.combinations(ACES.items(), 2):
        held = [(*ace, HOLDERS["alice"]), (*ace2, HOLDERS["alice"])]
        yield _block(f"{one} and {other}", held, {"alice": 8}, full)


def random_blocks(*, number: int, seed: str) -> Iterator[Block]:
    """Blocks with several permissions drawn by lot on any object, the neighbour's included."""
    for n in range(number):
        chance = random.Random(f"{seed} {n}")
        held = []
        for _ in range(chance.randint(2, 8)):
            uri = chance.choice(sorted(OBJECTS))
            permission = chance.choice(PERMISSIONS[uri.split("/")[-2]])
            held.append((uri, permission, chance.choice(list(HOLDERS.values()))))
        yield _block(f"lot {seed} {n}", held, dict.fromkeys(HOLDERS, 30), full=False)


def requests() -> Iterator[tuple[Request, str]]:
    """Every request that is tried, with its query string."""
    for path in OBJECT_PATHS:
        for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE"):
            yield Request(method, path), ""
        for method in ("PUT", "PATCH", "DELETE"):
            yield Request(method, path, if_match=True), ""
        for method in ("GET", "PUT"):
            yield Request(method, path, if_none_match_any=True), ""
    for path, known_id in LIST_PATHS.items():
        yield Request("HEAD", path), ""
        for query in READ_QUERIES:
            yield Request("GET", path), query
        for query in TOMBSTONE_QUERIES:
            yield Request("GET", path, with_tombstones=True), query
        yield Request("GET", path, if_none_match_any=True), ""
        for post_id in (None, known_id, "new-one"):
            yield Request("POST", path, post_id=post_id), ""
            yield Request("POST", path, post_id=post_id, if_none_match_any=True), ""
            yield Request("POST", path, post_id=post_id, if_match=True), ""
        for query in ("", "?has_secret=true", f"?in_id={ALL_IDS}"):
            yield Request("DELETE", path), query
        yield Request("DELETE", path, if_match=True), ""


def _block(
    name: str, held: list[tuple[str, str, str]], shares: Mapping[str, int], full: bool
) -> Block:
    aces: dict[str, dict[str, frozenset[str]]] = {}
    for uri, permission, principal in held:
        holders = aces.setdefault(uri, {}).get(permission, frozenset())
        aces[uri][permission] = holders | {principal}
    kept = [
        cell
        for caller, share in shares.items()
        for cell in (Cell(caller, request, query) for request, query in requests())
        if full or zlib.crc32(json.dumps([name, str(cell)]).encode()) % share == 0
    ]
    return Block(name, aces, tuple(kept))
