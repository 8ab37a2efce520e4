"""Applications with limits, and what they have counted."""

from __future__ import annotations

import pytest

from kinto.plugins.quotas.settings import Limits
from tests.plugins.quotas.counting import counters_of

B = "/buckets/b"
C = f"{B}/collections/c"
R = f"{C}/records/r"


@pytest.fixture
def limited(make_app, ann):
    """`limited(bucket_max_items=2)`: an application with limits, and the collection `c`."""
    changed = []

    def make(**limits):
        app = make_app(includes="kinto.plugins.quotas")
        # One application serves all tests: limits are looked up at each change.
        app.registry.quota_limits = Limits({f"quotas.{k}": v for k, v in limits.items()})
        changed.append(app.registry)
        app.put_json(B, headers=ann)
        app.put_json(C, headers=ann)
        return app

    yield make
    for registry in changed:
        registry.quota_limits = Limits({})


@pytest.fixture
def ann(user_headers):
    return user_headers("ann")


@pytest.fixture
def stored():
    """`stored(app)`: the counters of the bucket `b` and of its collections."""
    return lambda app: counters_of(app.registry.storage, "b")
