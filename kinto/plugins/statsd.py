"""StatsD: each measure is sent at once, as a UDP packet that nobody waits for."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from pyramid.exceptions import ConfigurationError
from zope.interface import implementer

from kinto.core.metrics import IMetricsService

__all__ = ["StatsDService", "includeme", "load_from_config", "sanitize", "statsd_module"]

Labels = Iterable[tuple[str, Any]]

DEFAULT_PORT = 8125

_SEPARATORS = re.compile(r"[:|@#\s\x00-\x1f\x7f]")


def _library() -> Any:
    try:
        return importlib.import_module("statsd")
    except ImportError:
        return None


statsd_module: Any = _library()
"""The library, None when it is not installed."""


def sanitize(value: Any) -> str:
    """A text without what separates the parts of a packet, or one packet from the next."""
    return _SEPARATORS.sub("", str(value))


@implementer(IMetricsService)
class StatsDService:
    """See `IMetricsService`. Labels become parts of the name: `key.name.value`."""

    def __init__(self, host: str, port: int, prefix: str) -> None:
        self._client = statsd_module.StatsClient(host, port, prefix=prefix, ipv6=":" in host)

    def timer(self, key: str, value: Any = None, labels: Labels = ()) -> Any:
        """What measures a block or the calls of a function; with `value`, send these seconds."""
        name = ".".join([key, *_parts(labels)])
        if value:
            return self._client.timing(name, value * 1000)
        return self._client.timer(name)

    def observe(self, key: str, value: Any, labels: Labels = ()) -> None:
        """Send a gauge. It has no labels: one quantity, as it was last."""
        self._client.gauge(key, value)

    def count(self, key: str, count: int = 1, unique: Any = None) -> None:
        """Send a count; with `unique`, add one member to a set."""
        if unique is None:
            self._client.incr(key, count=count)
            return
        member = sanitize(unique) if isinstance(unique, str) else ".".join(_parts(unique))
        self._client.set(key, member)


def load_from_config(config: Any) -> StatsDService:
    """The service that sends to the address of the setting `statsd_url`.

    Raises:
        ConfigurationError: the library is not installed, or the setting is no `udp://host:port`.
    """
    if statsd_module is None:
        raise ConfigurationError(
            "Please install Kinto with monitoring dependencies (e.g. statsd package)"
        )
    settings = config.get_settings()
    url = settings.get("statsd_url") or ""
    address = urlsplit(url)
    if address.scheme != "udp" or not address.hostname:
        raise ConfigurationError(
            f"The setting `statsd_url` is {url!r}; expected `udp://host:port`."
        )
    prefix = settings.get("project_name") or settings["statsd_prefix"]
    return StatsDService(address.hostname, address.port or DEFAULT_PORT, prefix)


def includeme(config: Any) -> None:
    """Send metrics.

    Raises:
        ConfigurationError: the library or the address is missing.
    """
    backend = config.maybe_dotted(config.get_settings()["statsd_backend"])
    config.registry.registerUtility(backend.load_from_config(config), IMetricsService)


def _parts(labels: Labels) -> list[str]:
    return [f"{name}.{sanitize(value)}" for name, value in labels]
