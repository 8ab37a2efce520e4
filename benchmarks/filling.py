"""Data for the servers: what must go through HTTP, and the many records that need not.

`python -m benchmarks.filling INI COLLECTION COUNT USER` writes records straight into the backends
of a configured server, with the permissions that a `PUT` by that user would have given them.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import sqlalchemy
from pyramid.paster import bootstrap

from benchmarks.scenarios import BATCH, LARGE, RECORDS, USER, WRITTEN, Site, object_id, record
from kinto.core.runtime import units
from tests.servers import HOST, ROOT

BUCKET = "/buckets/bench/collections/{}"
SCHEMA = {
    "type": "object",
    "required": ["title", "rank"],
    "properties": {
        "title": {"type": "string", "maxLength": 100},
        "rank": {"type": "integer", "minimum": 0},
        "colour": {"enum": ["red", "green", "blue", "black"]},
        "done": {"type": "boolean"},
        "author": {"type": "object", "properties": {"mail": {"type": "string"}}},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
}
_PART = 5_000


class Client:
    """Requests of the benchmark's user.

    Raises:
        RuntimeError: the server refused something.
    """

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection(HOST, port, timeout=120)

    def call(self, method: str, path: str, body: Any = None) -> tuple[Any, str]:
        """Send a request; return the answer's body and its ETag without quotes."""
        headers = {"Authorization": USER, "Content-Type": "application/json"}
        content = None if body is None else json.dumps(body)
        self._connection.request(method, f"/v1{path}", content, headers)
        response = self._connection.getresponse()
        answer = response.read()
        # Filling takes longer than servers keep an idle connection; the next call opens another.
        self._connection.close()
        if response.status >= 400:
            raise RuntimeError(f"{method} {path}: {response.status} {answer[:500]!r}")
        etag = str(response.getheader("ETag", "")).strip('"')
        return (json.loads(answer) if answer else None), etag

    def close(self) -> None:
        self._connection.close()


def prepare(port: int, pid: int, *, ini: Path | None) -> Site:
    """Fill an empty server; with the path of its ini file, past HTTP where that is allowed."""
    client = Client(port)
    user = client.call("GET", "/")[0]["user"]["id"]
    client.call("PUT", "/buckets/bench")
    for name, count in (("large", LARGE), ("writes", WRITTEN), ("posts", 0), ("checked", 0)):
        schema = {"data": {"schema": SCHEMA}} if name == "checked" else None
        client.call("PUT", BUCKET.format(name), schema)
        if ini is not None and count:
            fill(ini, name, count, user=user)
        else:
            _fill_by_batches(client, name, count)
    _, etag = client.call("HEAD", RECORDS.format("large")[3:])
    client.close()
    return Site(port, pid, etag)


def fill(ini: Path, collection: str, count: int, *, user: str) -> None:
    """Write records past HTTP, in a process of its own, so that this one stays small."""
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.filling"]
    subprocess.run([*command, str(ini), collection, str(count), user], cwd=ROOT, check=True)


def _fill_by_batches(client: Client, name: str, count: int) -> None:
    path = BUCKET.format(name) + "/records"
    for start in range(0, count, BATCH):
        requests = [
            {"path": f"{path}/{object_id(n)}", "body": {"data": record(n)}}
            for n in range(start, min(start + BATCH, count))
        ]
        client.call("POST", "/batch", {"defaults": {"method": "PUT"}, "requests": requests})


def main(arguments: list[str]) -> None:
    """Write the records."""
    ini, collection, count, user = arguments
    registry = bootstrap(ini, options={"http_port": "0"})["registry"]
    parent = BUCKET.format(collection)
    for start in range(0, int(count), _PART):
        with units.unit_of_work():
            for number in range(start, min(start + _PART, int(count))):
                key = object_id(number)
                registry.storage.update("record", parent, key, record(number))
                uri = f"{parent}/records/{key}"
                registry.permission.replace_object_permissions(uri, {"write": {user}})
    if type(registry.storage).__module__.startswith("kinto.core.storage.postgresql"):
        # As PostgreSQL does by itself a minute after so many writes; the floor's table has it too.
        with registry.storage.client.connect() as connection:
            connection.execute(sqlalchemy.text("ANALYZE"))


if __name__ == "__main__":
    main(sys.argv[1:])
