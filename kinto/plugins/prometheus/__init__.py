"""Prometheus: the metrics of the server at `/__metrics__`, for a scraper to fetch.

The number of series is bounded: see `series`.
"""

from __future__ import annotations

from typing import Any

from pyramid.exceptions import ConfigurationError

from kinto.core.metrics import IMetricsService
from kinto.core.openapi import describe_route
from kinto.plugins.prometheus.registry import (
    PROMETHEUS_MULTIPROC_DIR,
    get_registry,
    prometheus_module,
    reset_registry,
    show_created,
)
from kinto.plugins.prometheus.service import NoOpHistogram, PrometheusService, Timer
from kinto.plugins.prometheus.settings import PrometheusSettings
from kinto.plugins.prometheus.views import metrics_view

__all__ = [
    "PROMETHEUS_MULTIPROC_DIR",
    "NoOpHistogram",
    "PrometheusService",
    "Timer",
    "get_registry",
    "includeme",
    "metrics_view",
    "prometheus_module",
    "reset_registry",
]


def includeme(config: Any) -> None:
    """Count, and serve what was counted.

    Raises:
        ConfigurationError: the library is not installed.
        ValueError: a bound of the histograms is no number.
    """
    if prometheus_module is None:
        raise ConfigurationError(
            "Please install Kinto with monitoring dependencies (e.g. prometheus-client package)"
        )
    settings = config.get_settings()
    section = PrometheusSettings.from_mapping(settings)
    prefix = section.prefix_of(settings["project_name"])
    config.add_api_capability(
        "prometheus",
        description="Prometheus metrics.",
        url="https://github.com/Kinto/kinto/",
        prefix=prefix,
        disabled_metrics=list(section.prometheus_disabled_metrics),
    )
    config.add_route("prometheus_metrics", "/__metrics__")
    config.add_view(metrics_view, route_name="prometheus_metrics")
    describe_route(
        config,
        "/__metrics__",
        name="get_metrics",
        summary="The metrics, in the format of Prometheus.",
        statuses={"200": "The metrics.", "204": "The folder of shared metrics is gone."},
        content_type="text/plain",
    )
    reset_registry()
    show_created(section.prometheus_created_metrics_enabled)
    service = PrometheusService(
        prefix=prefix,
        disabled_metrics=list(section.prometheus_disabled_metrics),
        histogram_buckets=section.buckets(),
        max_series=section.prometheus_max_series,
    )
    config.registry.registerUtility(service, IMetricsService)
