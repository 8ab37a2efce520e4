"""Face: helpers for the tests of extensions (needs `webtest`)."""

import unittest

from kinto.core.runtime.text import encode64
from kinto.core.testing.requests import DummyRequest
from kinto.core.testing.skips import (
    skip_if_ci,
    skip_if_no_memcached,
    skip_if_no_postgresql,
    skip_if_no_prometheus,
    skip_if_no_redis,
    skip_if_no_statsd,
)
from kinto.core.testing.webtest import (
    DEFAULT_SETTINGS,
    BaseWebTest,
    FormattedErrorMixin,
    ThreadMixin,
    get_request_class,
    get_user_headers,
)

__all__ = [
    "BaseWebTest",
    "DEFAULT_SETTINGS",
    "DummyRequest",
    "FormattedErrorMixin",
    "ThreadMixin",
    "encode64",
    "get_request_class",
    "get_user_headers",
    "skip_if_ci",
    "skip_if_no_memcached",
    "skip_if_no_postgresql",
    "skip_if_no_prometheus",
    "skip_if_no_redis",
    "skip_if_no_statsd",
    "unittest",
]
