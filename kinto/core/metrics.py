"""Face: metrics services and timed calls."""

from kinto.core.observability.metrics import (
    IMetricsService,
    NoOpMetricsService,
    NoOpTimer,
    listener_with_timer,
    watch_execution_time,
)

__all__ = [
    "IMetricsService",
    "NoOpMetricsService",
    "NoOpTimer",
    "listener_with_timer",
    "watch_execution_time",
]
