"""Eight writers at the edge of a quota: it is never passed, and the count is never wrong."""

from __future__ import annotations

import json

import pytest

from tests.factories import another_client
from tests.plugins.quotas.counting import counted, counters_of
from tests.plugins.quotas.crowd import crowd


@pytest.mark.parametrize(
    "limits", [{"collection_max_items": 12}, {"bucket_max_bytes": 1500}], ids=["items", "bytes"]
)
def test_writers_at_the_edge_never_pass_it(limited, ann, limits):
    app = limited(**limits)

    def send():
        client = another_client(app)

        def call(method, path, body):
            content = b"" if body is None else json.dumps(body).encode()
            headers = {**ann, "Content-Type": "application/json"}
            resp = client.request(
                path, method=method, body=content, headers=headers, expect_errors=True
            )
            return resp.status_int

        return call

    seen = crowd(8, 12, send)
    assert set(seen) <= {200, 201, 404, 507, 503}, seen
    assert seen[507] and seen[201]
    storage = app.registry.storage
    stored = counters_of(storage, "b")
    assert stored == counted(storage, "b")
    assert stored["c"]["record_count"] <= limits.get("collection_max_items", 999)
    assert stored[""]["storage_size"] <= limits.get("bucket_max_bytes", 99999)
