"""Face: the start-up steps, by the names that the setting `initialization_sequence` uses.

`newrelic` and `sentry_sdk` are loaded when they are looked up.
"""

import random
import warnings

from kinto.core.events.dispatch import setup_transaction_hook
from kinto.core.events.predicates import EventActionFilter, EventResourceFilter
from kinto.core.initialization.assembly import initialize, load_default_settings
from kinto.core.initialization.backends import setup_cache, setup_permission, setup_storage
from kinto.core.initialization.lifecycle import (
    end_of_life_tween_factory as _end_of_life_tween_factory,
)
from kinto.core.initialization.lifecycle import setup_backoff, setup_deprecation
from kinto.core.initialization.monitoring import (
    ProfilerMiddleware,
    install_middlewares,
    setup_logging,
    setup_metrics,
    setup_sentry,
)
from kinto.core.initialization.monitoring import optional_library as __getattr__  # noqa: F401
from kinto.core.initialization.requests import (
    restrict_http_methods_if_readonly,
    setup_json_serializer,
    setup_request_bound_data,
    setup_requests_scheme,
    setup_version_redirection,
)
from kinto.core.initialization.security import setup_authentication, setup_csp_headers
from kinto.core.listeners.loading import setup_listeners
from kinto.core.observability.logs import summary_logger

__all__ = [
    "EventActionFilter",
    "EventResourceFilter",
    "ProfilerMiddleware",
    "_end_of_life_tween_factory",
    "initialize",
    "install_middlewares",
    "load_default_settings",
    "newrelic",
    "random",
    "restrict_http_methods_if_readonly",
    "sentry_sdk",
    "setup_authentication",
    "setup_backoff",
    "setup_cache",
    "setup_csp_headers",
    "setup_deprecation",
    "setup_json_serializer",
    "setup_listeners",
    "setup_logging",
    "setup_metrics",
    "setup_permission",
    "setup_request_bound_data",
    "setup_requests_scheme",
    "setup_sentry",
    "setup_storage",
    "setup_transaction_hook",
    "setup_version_redirection",
    "summary_logger",
    "warnings",
]
