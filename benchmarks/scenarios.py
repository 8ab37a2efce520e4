"""What is asked of the server, and the data it needs first.

Reads and writes use different collections, so a list that is read stays as it was prepared.
"""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

USER = "Basic " + base64.b64encode(b"bench:secret").decode()
LARGE = 10_000
SMALL = 100
BATCH = 25
RECORDS = "/v1/buckets/bench/collections/{}/records"


@dataclass(frozen=True)
class Site:
    """A prepared server: its port and the timestamps of its lists."""

    port: int
    small_etag: str
    large_etag: str


@dataclass(frozen=True)
class Scenario:
    """`requests(site)` are whole HTTP requests, sent in turn; `statuses` are the expected ones."""

    name: str
    requests: Callable[[Site], list[str]]
    statuses: tuple[int, ...] = (200,)


def http_request(method: str, path: str, body: Any = None, **headers: str) -> str:
    """The text of one request by the benchmark's user; `If_Match` is the header `If-Match`."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: {USER}"]
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
        "author": {
            "name": f"user{number % 50}",
            "mail": f"user{number % 50}@example.com",
        },
        "tags": ["a", "b", f"t{number % 10}"],
    }


def written(method: str) -> Callable[[Site], list[str]]:
    """Requests that write the fifty records of the collection for writes, over and over."""
    path = RECORDS.format("writes")
    return lambda site: [
        http_request(method, f"{path}/w{n}", {"data": record(n)}) for n in range(50)
    ]


def batches(site: Site) -> list[str]:
    path = RECORDS.format("bulk")
    return [
        http_request(
            "POST",
            "/v1/batch",
            {
                "defaults": {"method": "PUT"},
                "requests": [
                    {"path": f"{path}/b{n}", "body": {"data": record(n)}}
                    for n in range(start, start + BATCH)
                ],
            },
        )
        for start in range(0, 4 * BATCH, BATCH)
    ]


def reads(path: str) -> Callable[[Site], list[str]]:
    return lambda site: [http_request("GET", path)]


BARE = Scenario("GET record", reads(RECORDS.format("small") + "/r1"))
FILTERED = RECORDS.format("large") + "?colour=green&min_rank=5000&_sort=-title&_limit=25"

SCENARIOS = (
    Scenario("hello", reads("/v1/")),
    BARE,
    Scenario("PUT record", written("PUT"), (200, 201)),
    Scenario("PATCH record", written("PATCH")),
    Scenario(
        "POST record",
        lambda site: [http_request("POST", RECORDS.format("posts"), {"data": record(1)})],
        (201,),
    ),
    Scenario(f"list of {SMALL}", reads(RECORDS.format("small"))),
    Scenario(f"filtered, sorted list over {LARGE:,}", reads(FILTERED)),
    Scenario(
        f"_since with nothing new, of {LARGE:,}",
        lambda site: [
            http_request("GET", f"{RECORDS.format('large')}?_since=%22{site.large_etag}%22")
        ],
    ),
    Scenario(
        "list not modified (304)",
        lambda site: [
            http_request("GET", RECORDS.format("small"), If_None_Match=f'"{site.small_etag}"')
        ],
        (304,),
    ),
    Scenario(f"batch of {BATCH} PUT", batches),
)


def prepare(port: int) -> Site:
    """Fill an empty server: a bucket, its collections, `SMALL` and `LARGE` records.

    Raises:
        RuntimeError: the server refused something.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def call(method: str, path: str, body: Any = None) -> http.client.HTTPResponse:
        headers = {"Authorization": USER, "Content-Type": "application/json"}
        connection.request(method, path, json.dumps(body) if body else None, headers)
        response = connection.getresponse()
        answer = response.read()
        if response.status >= 400:
            raise RuntimeError(f"{method} {path}: {response.status} {answer[:500]!r}")
        return response

    def fill(name: str, prefix: str, count: int) -> None:
        call("PUT", f"/v1/buckets/bench/collections/{name}")
        path = f"/buckets/bench/collections/{name}/records"
        for start in range(0, count, BATCH):
            requests = [
                {"path": f"{path}/{prefix}{n}", "body": {"data": record(n)}}
                for n in range(start, min(start + BATCH, count))
            ]
            call(
                "POST",
                "/v1/batch",
                {"defaults": {"method": "PUT"}, "requests": requests},
            )

    def etag(name: str) -> str:
        return str(call("HEAD", RECORDS.format(name)).getheader("ETag")).strip('"')

    call("PUT", "/v1/buckets/bench")
    for name, prefix, count in (
        ("small", "r", SMALL),
        ("large", "l", LARGE),
        ("writes", "w", 50),
        ("bulk", "b", 4 * BATCH),
        ("posts", "p", 0),
    ):
        fill(name, prefix, count)
    site = Site(port, etag("small"), etag("large"))
    connection.close()
    return site
