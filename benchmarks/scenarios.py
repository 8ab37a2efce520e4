"""What is asked of a server: the same requests for ours, for the floors and for older commits.

Reads and writes use different collections, so that a list that is read stays as it was prepared.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

USER = "Basic " + base64.b64encode(b"bench:secret").decode()
LARGE = 10_000
PAGE = 100
BATCH = 25
WRITTEN = 50  # records of the collection for writes
QUESTIONS = 200  # of one kind about one list
RECORDS = "/v1/buckets/bench/collections/{}/records"


@dataclass(frozen=True)
class Site:
    """A prepared server.

    Attributes:
        port: where it listens.
        pid: of its first process; 0 when nobody asks.
        etag: of the collection `large`, without quotes.
    """

    port: int
    pid: int = 0
    etag: str = ""


@dataclass(frozen=True)
class Scenario:
    """One kind of request.

    Attributes:
        requests: the whole texts, sent in turn.
        statuses: of the expected answers.
        target: least share of the floor; None: it is compared with something else.
        times: how many operations one request is.
    """

    name: str
    requests: Callable[[Site], list[str]]
    statuses: tuple[int, ...] = (200,)
    target: float | None = None
    times: int = 1


def http_request(method: str, path: str, body: Any = None, **headers: str) -> str:
    """The text of one request by the benchmark's user; `If_Match` is the header `If-Match`."""
    headers = {"Authorization": USER, **headers}
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    content = ""
    if body is not None:
        content = json.dumps(body)
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join(lines) + "\r\n\r\n" + content


def record(number: int) -> dict[str, Any]:
    """A record of about 200 bytes."""
    return {
        "title": f"Record number {number * 7919 % LARGE:05}",
        "rank": number,
        "colour": ("red", "green", "blue", "black")[number % 4],
        "done": number % 3 == 0,
        "author": {"name": f"user{number % 50}", "mail": f"user{number % 50}@example.com"},
        "tags": ["a", "b", f"t{number % 10}"],
    }


def object_id(number: int) -> str:
    """Fifteen characters, as PocketBase asks for."""
    return f"r{number:014}"


def written(method: str, collection: str = "writes") -> Callable[[Site], list[str]]:
    """Requests that write the same few records over and over."""
    path = RECORDS.format(collection)
    return lambda site: [
        http_request(method, f"{path}/{object_id(n)}", {"data": record(n)}) for n in range(WRITTEN)
    ]


def created(site: Site) -> list[str]:
    return [http_request("POST", RECORDS.format("posts"), {"data": record(1)})]


def read(site: Site) -> list[str]:
    path = RECORDS.format("large")
    return [http_request("GET", f"{path}/{object_id(n * 97)}") for n in range(WRITTEN)]


def listed(query: str) -> Callable[[Site], list[str]]:
    return lambda site: [http_request("GET", RECORDS.format("large") + query)]


def listed_anew(query: Callable[[Site, int], str]) -> Callable[[Site], list[str]]:
    """So many questions in turn that no server remembers the answer to the one that comes next."""
    path = RECORDS.format("large")
    return lambda site: [http_request("GET", path + query(site, n)) for n in range(QUESTIONS)]


def unchanged_since(site: Site) -> list[str]:
    return [http_request("GET", f"{RECORDS.format('large')}?_since=%22{site.etag}%22")]


def unmodified(site: Site) -> list[str]:
    return [http_request("GET", RECORDS.format("large"), If_None_Match=f'"{site.etag}"')]


def batch(requests: list[dict[str, Any]]) -> str:
    return http_request("POST", "/v1/batch", {"requests": requests})


def batch_of_creates(site: Site) -> list[str]:
    path = RECORDS.format("posts")[3:]
    return [batch([{"method": "POST", "path": path, "body": {"data": record(1)}}] * BATCH)]


def batch_of_reads(site: Site) -> list[str]:
    path = RECORDS.format("large")[3:]
    return [batch([{"path": f"{path}/{object_id(n * 97)}"} for n in range(BATCH)])]


FILTERS = "?colour=green&min_rank={}&_sort=-title&_limit=25"

GET = Scenario("GET record", read, target=0.5)
PUT = Scenario("PUT record", written("PUT"), (200, 201), target=0.4)
POST = Scenario("POST record", created, (201,), target=0.4)
PATCH = Scenario("PATCH record", written("PATCH"), target=0.4)
LIST = Scenario(f"list {PAGE} of {LARGE:,}", listed(f"?_limit={PAGE}"), target=0.6)
FILTERED = Scenario(f"filter and sort {LARGE:,}", listed(FILTERS.format(5000)), target=0.6)
LIST_ANEW = Scenario(
    f"{LIST.name}, asked anew",
    listed_anew(lambda site, n: f"?_limit={PAGE}&_before=%22{int(site.etag or 0) + n + 1}%22"),
)
FILTERED_ANEW = Scenario(
    f"{FILTERED.name}, asked anew", listed_anew(lambda site, n: FILTERS.format(5000 - n))
)
WHOLE = Scenario(f"all {LARGE:,} in one answer", listed(""), target=0.6)
SINCE = Scenario("_since, nothing new", unchanged_since, target=0.5)
UNMODIFIED = Scenario("304 of a list", unmodified, (304,), target=0.5)
BATCH_CREATES = Scenario(f"batch of {BATCH} creates", batch_of_creates, times=BATCH)
BATCH_READS = Scenario(f"batch of {BATCH} reads", batch_of_reads, times=BATCH)
CHECKED = Scenario("PUT record, schema", written("PUT", "checked"), (200, 201))
FIRST = Scenario(f"filtered list of {LARGE:,}", listed("?colour=green&_limit=25"))

ON_A_FLOOR = (
    GET, PUT, PATCH, POST, LIST, LIST_ANEW, FILTERED, FILTERED_ANEW, WHOLE, SINCE, UNMODIFIED
)  # fmt: skip
BATCHES = {BATCH_CREATES: (POST, 6.0), BATCH_READS: (GET, 4.0)}
"""Batches, with the single request each is compared with and how many times as fast it must be."""
