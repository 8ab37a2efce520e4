"""An application with personal buckets, and their owner."""

from __future__ import annotations

import pytest

SETTINGS = {
    "includes": "kinto.plugins.default_bucket",
    "default_bucket_hmac_secret": "a secret of the buckets",
    "experimental_collection_schema_validation": "true",
}


@pytest.fixture
def app(make_app):
    return make_app(**SETTINGS)


@pytest.fixture
def ann(user_headers):
    return user_headers("ann")


@pytest.fixture
def own(app, ann):
    """URI of ann's bucket, which does not exist yet."""
    return f"/buckets/{app.get('/', headers=ann).json['user']['bucket']}"
