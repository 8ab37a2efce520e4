"""The metrics service: counters, histograms and summaries of the Prometheus library.

Counting never fails a request: what the library refuses is told once in the log, and left out.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from zope.interface import implementer

from kinto.core.metrics import IMetricsService
from kinto.core.runtime import clock
from kinto.core.utils import safe_wraps
from kinto.plugins.prometheus.registry import get_registry, prometheus_module
from kinto.plugins.prometheus.series import BoundedSeries
from kinto.plugins.prometheus.settings import DEFAULT_BUCKETS

logger = logging.getLogger(__name__)

Labels = Iterable[tuple[str, Any]]

_NO_NAME = re.compile(r"[^a-zA-Z0-9_]")


class NoOpHistogram:
    """Takes the place of a metric that is not collected."""

    def observe(self, value: float) -> None:
        """Forget it."""

    def labels(self, *args: Any, **kwargs: Any) -> NoOpHistogram:
        """Itself."""
        return self


class Timer:
    """Measures a block, or each call of a function, in seconds."""

    def __init__(self, histogram: Any) -> None:
        self.histogram = histogram
        self._started: float | None = None

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            started = clock.monotonic()
            try:
                return function(*args, **kwargs)
            finally:
                self.histogram.observe(clock.monotonic() - started)

        wrapped: Callable[..., Any] = safe_wraps(function)(timed)
        return wrapped

    def __enter__(self) -> Timer:
        return self.start()

    def __exit__(self, *args: object) -> None:
        self.stop()

    def start(self) -> Timer:
        """Begin to measure."""
        self._started = clock.monotonic()
        return self

    def stop(self) -> Timer:
        """Record the time since `start`.

        Raises:
            RuntimeError: it was not started.
        """
        if self._started is None:
            raise RuntimeError("Timer has not started.")
        self.histogram.observe(clock.monotonic() - self._started)
        self._started = None
        return self


@implementer(IMetricsService)
class PrometheusService:
    """See `IMetricsService`.

    Args:
        prefix: put before all names, as it is.
        disabled_metrics: names that are not collected, with or without the prefix.
        histogram_buckets: upper bounds, in seconds.
        max_series: series of one metric after which ids are merged.
    """

    def __init__(
        self,
        prefix: str = "",
        disabled_metrics: Sequence[str] = (),
        histogram_buckets: Sequence[float] | None = None,
        *,
        max_series: int = 2000,
    ) -> None:
        self.prefix = prefix
        self.disabled_metrics = {name.removeprefix(prefix) for name in disabled_metrics}
        self.histogram_buckets = tuple(histogram_buckets or DEFAULT_BUCKETS)
        self._max_series = max_series
        self._metrics: dict[str, tuple[Any, tuple[str, ...], BoundedSeries]] = {}
        self._refused: set[str] = set()
        self._lock = threading.Lock()

    def timer(self, key: str, value: Any = None, labels: Labels = ()) -> Any:
        """A `Timer`; with `value`, record that many seconds."""
        options = {"buckets": self.histogram_buckets}
        histogram = self._series("Histogram", key, labels, **options) or NoOpHistogram()
        if value is None:
            return Timer(histogram)
        histogram.observe(value)
        return None

    def observe(self, key: str, value: Any, labels: Labels = ()) -> None:
        """Add a quantity to a summary."""
        if (summary := self._series("Summary", key, labels)) is not None:
            summary.observe(value)

    def count(self, key: str, count: int = 1, unique: Any = None) -> None:
        """Add to a counter; `unique` are its labels, or `name.value` as in former versions."""
        if isinstance(unique, str):
            unique = [tuple(unique.split(".", 1)) if "." in unique else ("value", unique)]
        if (counter := self._series("Counter", key, unique or ())) is not None:
            counter.inc(count)

    def _series(self, kind: str, key: str, labels: Labels, **options: Any) -> Any:
        """The series of these labels, None when it is not collected."""
        name = _NO_NAME.sub("_", key)
        if name in self.disabled_metrics:
            return None
        names = tuple(label for label, _ in labels)
        values = tuple(str(value) for _, value in labels)
        try:
            metric, known, bounded = self._metric(kind, name, names, options)
            if known != names:
                raise ValueError(f"labels {names}, formerly {known}")
            return metric.labels(*bounded.admit(names, values)) if names else metric
        except ValueError as error:
            self._refuse(f"{kind} {name}: {error}")
            return None

    def _metric(
        self, kind: str, name: str, names: tuple[str, ...], options: dict[str, Any]
    ) -> tuple[Any, tuple[str, ...], BoundedSeries]:
        metric_class = getattr(prometheus_module, kind)
        with self._lock:
            found = self._metrics.get(name)
            if found is None:
                made = metric_class(
                    self.prefix + name,
                    f"{kind} of {name}",
                    labelnames=names,
                    registry=get_registry(),
                    **options,
                )
                found = self._metrics[name] = made, names, BoundedSeries(self._max_series)
        if not isinstance(found[0], metric_class):
            raise ValueError(f"is a {type(found[0]).__name__} already")
        return found

    def _refuse(self, reason: str) -> None:
        with self._lock:
            known = reason in self._refused
            self._refused.add(reason)
        if not known:
            logger.warning("Not counted: %s", reason)
