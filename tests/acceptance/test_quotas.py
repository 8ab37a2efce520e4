"""Quotas under a crowd over HTTP, on every backend, from two processes where that is possible."""

from __future__ import annotations

import http.client
import json
from contextlib import ExitStack, closing
from urllib.parse import urlsplit

import pytest
from pyramid.paster import get_app

from kinto.plugins.quotas import scripts
from tests.factories import credentials
from tests.plugins.quotas.counting import counted, counters_of
from tests.plugins.quotas.crowd import crowd
from tests.servers import running_server

LIMITS = {"kinto.quotas.collection_max_items": "40", "kinto.quotas.bucket_max_bytes": "5000"}


@pytest.mark.parametrize("backend", ["memory", "sqlite", "postgresql", "redis"])
def test_eight_writers_never_pass_a_quota_and_never_leave_a_wrong_count(backend, tmp_path, report):
    settings = {"kinto.includes": "kinto.plugins.quotas", **LIMITS}
    processes = 1 if backend == "memory" else 2
    with (
        ExitStack() as connections,
        running_server(
            backend=backend, data=tmp_path, processes=processes, threads=8, settings=settings
        ) as running,
    ):
        turn = iter(running.urls * 10)
        first = _caller(running.url, connections)
        for path in ("/buckets/b", "/buckets/b/collections/c"):
            assert first("PUT", path, {}) == 201
        seen = crowd(8, 60, lambda: _caller(next(turn), connections))
        records = _get(running.url, "/buckets/b/collections/c/records")
        report(f"quotas, {backend}: {dict(sorted(seen.items()))}, {len(records)} records left")
        assert seen[507] and set(seen) <= {200, 201, 404, 507}
        assert len(records) <= 40
        if backend == "memory":
            return
    storage = get_app(str(tmp_path / "s0.ini")).registry.storage
    assert counters_of(storage, "b") == counted(storage, "b")
    scripts.rebuild_quotas(storage)
    assert counters_of(storage, "b") == counted(storage, "b")


def _caller(url, connections):
    """`call("PUT", "/buckets/b", {})`: the status, over one connection kept open."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
    connections.callback(connection.close)
    headers = {**credentials("ann"), "Content-Type": "application/json"}

    def call(method, path, body):
        content = None if body is None else json.dumps(body)
        connection.request(method, parts.path + path, body=content, headers=headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status

    return call


def _get(url, path):
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
    with closing(connection):
        connection.request("GET", parts.path + path, headers=credentials("ann"))
        return json.loads(connection.getresponse().read())["data"]
