"""Start-up steps about watching the server: request summary, metrics, sentry, profiler.

The optional libraries are attributes of the face `kinto.core.initialization`, None when absent;
they are looked up there, because that is where tests replace them, and loaded when they are,
because some take longer to load than all the rest.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

from pyramid.events import ApplicationCreated
from pyramid.exceptions import ConfigurationError
from pyramid.interfaces import ISecurityPolicy
from pyramid.settings import asbool, aslist

from kinto.core.cache.base import CacheBase
from kinto.core.http.bystanders import cares_for_items
from kinto.core.http.steps import at_end, at_start
from kinto.core.observability import logs, sentry
from kinto.core.observability.metrics import (
    IMetricsService,
    NoOpMetricsService,
    watch_execution_time,
)
from kinto.core.observability.requests import RequestMetrics
from kinto.core.runtime.deprecation import warn_deprecated
from kinto.core.runtime.optional import optional_import
from kinto.core.runtime.replaceable import replaced

FACE = "kinto.core.initialization"

_profiler = optional_import("werkzeug.middleware.profiler")
ProfilerMiddleware: Any = _profiler.ProfilerMiddleware if _profiler else False


def optional_library(name: str) -> Any:
    """One of the libraries that the settings of this module ask for; None when it is absent.

    Raises:
        AttributeError: there is no such library here.
    """
    if name == "newrelic":
        return optional_import("newrelic.agent") and optional_import("newrelic")
    if name == "sentry_sdk":
        return optional_import("sentry_sdk")
    raise AttributeError(name)


def setup_logging(config: Any) -> None:
    """One line of the logger `request.summary` for each request."""

    face = sys.modules[FACE]

    @cares_for_items()
    def summarize(request: Any, response: Any) -> None:
        logger = face.summary_logger
        if logger.isEnabledFor(logging.INFO):
            logs.summarize(request, response, logger=logger)

    at_start(config, cares_for_items()(logs.start))
    at_end(config, summarize)


def setup_sentry(config: Any) -> None:
    """Report errors to Sentry, when the setting `sentry_dsn` says where."""
    settings = config.get_settings()
    dsn = settings.get("sentry_dsn")
    if not dsn:
        return
    library = _installed("sentry_sdk", None, setting="sentry_dsn")
    integrations = optional_import("sentry_sdk.integrations.logging")
    pyramid_integration = optional_import("sentry_sdk.integrations.pyramid")
    chosen = []
    if integrations is not None and pyramid_integration is not None:
        chosen = [
            pyramid_integration.PyramidIntegration(),
            integrations.LoggingIntegration(
                level=settings["sentry_breadcrumbs_min_level"],
                event_level=settings["sentry_events_min_level"],
            ),
        ]
    library.init(
        dsn,
        environment=settings.get("sentry_env") or None,
        integrations=chosen,
        before_send=sentry.scrub,
        before_send_transaction=sentry.scrub,
        before_breadcrumb=sentry.scrub_breadcrumb,
        **sentry.OPTIONS,
    )

    def on_app_created(event: Any) -> None:
        library.capture_message(
            f"Running {settings['project_name']} {settings['project_version']}.", "info"
        )

    config.add_subscriber(on_app_created, ApplicationCreated)


def setup_metrics(config: Any) -> None:
    """`registry.metrics`, and what is measured when a plugin registered a metrics service."""
    settings = config.get_settings()
    registry_class = type(config.registry)
    # A property, because plugins register their service later.
    registry_class.metrics = property(_metrics_of)
    registry_class.statsd = property(_statsd_of)
    registry = config.registry
    registry.registerUtility(NoOpMetricsService(), IMetricsService)

    def on_app_created(event: Any) -> None:
        _watch_backends(config)

    config.add_subscriber(on_app_created, ApplicationCreated)
    measure = RequestMetrics(labels=tuple(aslist(settings.get("metrics_matchdict_fields") or "")))

    known: tuple[int, Any] = (-1, None)

    @cares_for_items(if_=_is_measured)
    def count(request: Any, response: Any) -> None:
        nonlocal known
        utilities = registry.utilities
        # Changes whenever a service is registered.
        if utilities._generation != known[0]:
            found = _metrics_of(registry)
            known = utilities._generation, _unless_inert(found)
        if known[1] is not None:
            measure.response(known[1], request, response)

    at_end(config, count)


def install_middlewares(app: Any, settings: Any) -> Any:
    """Wrap the application with what settings ask for: New Relic, a profiler."""
    if settings.get("newrelic_config"):
        agent = _installed("newrelic", None, setting="newrelic_config").agent
        agent.initialize(settings["newrelic_config"], settings["newrelic_env"])
        app = agent.WSGIApplicationWrapper(app)
    if asbool(settings.get("profiler_enabled")):
        profiler = _installed("ProfilerMiddleware", ProfilerMiddleware, setting="profiler_enabled")
        # One string, as it has always been: the middleware looks for its characters.
        app = profiler(app, profile_dir=settings["profiler_dir"], restrictions="*kinto.core*")
    return app


def _installed(name: str, default: Any, *, setting: str) -> Any:
    """An optional library, as the face has it.

    Raises:
        ConfigurationError: it is missing.
    """
    library = replaced(FACE, name, default)
    if not library:
        raise ConfigurationError(
            f"The setting `{setting}` needs a library that is not installed:"
            " install kinto[monitoring]."
        )
    return library


def _watch_backends(config: Any) -> None:
    registry = config.registry
    service = _metrics_of(registry)
    if service is None or isinstance(service, NoOpMetricsService):
        return
    for name in ("storage", "permission", "cache"):
        backend = getattr(registry, name, None)
        if backend is not None:
            watch_execution_time(service, backend, prefix="backend")
    cache = getattr(registry, "cache", None)
    if isinstance(cache, CacheBase):
        cache.set_metrics_backend(service)
    policy = registry.queryUtility(ISecurityPolicy)
    if hasattr(policy, "get_policies"):
        for name, sub_policy in policy.get_policies():
            watch_execution_time(service, sub_policy, prefix="authentication", classname=name)
    elif policy is not None:
        watch_execution_time(service, policy, prefix="authentication")


def _unless_inert(service: Any) -> Any:
    return None if isinstance(service, NoOpMetricsService) else service


def _is_measured(registry: Any) -> bool:
    return _unless_inert(_metrics_of(registry)) is not None


def _metrics_of(registry: Any) -> Any:
    return registry.queryUtility(IMetricsService)


def _statsd_of(registry: Any) -> Any:
    warn_deprecated(
        "``config.registry.statsd`` is now deprecated. Use ``config.registry.metrics`` instead."
    )
    return _metrics_of(registry)
