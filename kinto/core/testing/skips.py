"""Tests that need a service or a library which may be absent."""

from __future__ import annotations

import os
import unittest

from kinto.core.runtime.optional import optional_import


def _skip_without(*modules: str, what: str) -> object:
    missing = any(optional_import(name) is None for name in modules)
    return unittest.skipIf(missing, f"{what} is not installed.")


skip_if_ci = unittest.skipIf("CI" in os.environ, "ci")
skip_if_no_postgresql = _skip_without("sqlalchemy", "psycopg2", what="postgresql")
skip_if_no_memcached = _skip_without("pymemcache", what="memcached")
skip_if_no_redis = _skip_without("redis", what="redis")
skip_if_no_statsd = _skip_without("statsd", what="statsd")
skip_if_no_prometheus = _skip_without("prometheus_client", what="prometheus")
