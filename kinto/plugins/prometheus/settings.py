"""The settings of the metrics, and what is computed from them."""

from __future__ import annotations

import re

from kinto.core.settings import Section, field

DEFAULT_BUCKETS = (0.01, 0.05, 0.1, 0.5, 1.0, 3.0, 6.0, float("inf"))


class PrometheusSettings(Section, title="Prometheus"):
    """What is shown at `/__metrics__`, and under which names."""

    prometheus_prefix: str | None = field(
        None, help="Prefix of all names; by default the project's name, empty for none."
    )
    prometheus_disabled_metrics: tuple[str, ...] = field(
        (), raw="", help="Names that are not collected, with or without the prefix."
    )
    prometheus_histogram_buckets: tuple[str, ...] = field(
        (), raw="", help="Upper bounds of all histograms, in seconds."
    )
    prometheus_created_metrics_enabled: bool = field(
        True, help="Show when each series began, as `..._created`."
    )
    prometheus_max_series: int = field(
        2000, ge=1, help="Series of one metric after which ids of objects and users are merged."
    )

    def prefix_of(self, project_name: str) -> str:
        """Letters and digits with one `_` at the end; empty when there is to be none."""
        given = project_name if self.prometheus_prefix is None else self.prometheus_prefix
        plain = re.sub(r"[-. _]", "", given).lower()
        return f"{plain}_" if plain else ""

    def buckets(self) -> list[float]:
        """Upper bounds, the last one infinite.

        Raises:
            ValueError: one is no number.
        """
        bounds = [float(text) for text in self.prometheus_histogram_buckets]
        bounds = bounds or list(DEFAULT_BUCKETS)
        return bounds if bounds[-1] == float("inf") else [*bounds, float("inf")]
