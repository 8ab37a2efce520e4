"""Metrics: the interface of a service, timed calls, and the service that counts nothing."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from zope.interface import Interface, implementer


class IMetricsService(Interface):  # type: ignore[misc]
    """What a metrics plugin registers as a utility of the registry."""

    def timer(key: str, value: Any = None, labels: Any = ()) -> Any:
        """Record a duration, or return what measures one.

        Args:
            value: seconds, when already known.
            labels: list of (name, value).
        Returns:
            Without `value`: usable as decorator and as context manager.
        """

    def observe(key: str, value: Any, labels: Any = ()) -> None:
        """Record a quantity."""

    def count(key: str, count: int = 1, unique: Any = None) -> None:
        """Count; with `unique`, a list of (name, value), count separately for each."""


class NoOpTimer:
    """Measures nothing."""

    def __call__(self, f: Any) -> Any:
        return f

    def __enter__(self) -> NoOpTimer:
        return self

    def __exit__(self, *args: Any) -> None:
        pass


@implementer(IMetricsService)
class NoOpMetricsService:
    """The default service: accepts every call."""

    def timer(self, key: str, value: Any = None, labels: Any = ()) -> NoOpTimer:
        return NoOpTimer()

    def observe(self, key: str, value: Any, labels: Any = ()) -> None:
        pass

    def count(self, key: str, count: int = 1, unique: Any = None) -> None:
        pass


def watch_execution_time(
    metrics_service: Any, obj: Any, prefix: str = "", classname: str | None = None
) -> None:
    """Replace the public methods of an object by timed ones.

    The key is `<prefix>.<classname>.seconds`, with the label `method`.

    Args:
        classname: by default the name of the class in lower case.
    """
    key = f"{prefix}.{classname or type(obj).__name__.lower()}.seconds"
    for name in dir(obj):
        if name.startswith("_"):
            continue
        # Looked up on the class first: reading a property could have effects.
        if isinstance(getattr(type(obj), name, None), property):
            continue
        method = getattr(obj, name)
        if getattr(method, "__self__", None) is not obj or not callable(method):
            continue
        timer = metrics_service.timer(key, labels=[("method", name)])
        setattr(obj, name, timer(method))


def listener_with_timer(config: Any, key: str, func: Callable[..., Any]) -> Callable[..., Any]:
    """A function that runs `func` and times it under `<key>.seconds`.

    The service is looked up at each call, and may be missing.
    """
    timed_as = key if key.endswith(".seconds") else f"{key}.seconds"

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        service = config.registry.queryUtility(IMetricsService)
        if service is None or isinstance(service, NoOpMetricsService):
            return func(*args, **kwargs)
        with service.timer(timed_as):
            return func(*args, **kwargs)

    # A listener may be an instance, without the attributes of a function.
    return wraps(func, updated=())(wrapped)
