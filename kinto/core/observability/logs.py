"""One summary line for each request, and how log lines look.

Bodies, headers and credentials are never logged, at any level; see `redaction`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dockerflow.logging import MozlogFormatter, RequestIdLogFilter, request_id_context

from kinto.core.observability.redaction import printable, redacted, redacted_text
from kinto.core.runtime import clock, randomness

summary_logger = logging.getLogger("request.summary")


class JsonLogFormatter(MozlogFormatter):  # type: ignore[misc]
    """One JSON object a line (Mozlog). `logger_name` is the project's, for all formatters."""

    logger_name = "kinto"

    def __init__(
        self, fmt: str | None = None, datefmt: str | None = None, style: str = "%"
    ) -> None:
        super().__init__(fmt=fmt, datefmt=datefmt, style=style)
        # The instance attribute of the parent would hide the name given by the settings.
        del self.logger_name

    @classmethod
    def init_from_settings(cls, settings: Mapping[str, Any]) -> None:
        """Take the name from the setting `project_name`."""
        cls.logger_name = settings["project_name"]

    def format(self, record: logging.LogRecord) -> str:
        """The line, credentials taken out of it, whoever logged them."""
        return redacted_text(super().format(record))


class StreamHandlerWithRequestID(logging.StreamHandler):  # type: ignore[type-arg]
    """A stream handler whose records have the request id as `rid`."""

    def __init__(self, stream: Any = None) -> None:
        super().__init__(stream)
        self.addFilter(RequestIdLogFilter())

    def format(self, record: logging.LogRecord) -> str:
        """The line of any formatter, credentials taken out of it, whoever logged them."""
        return redacted_text(super().format(record))


def log_context(request: Any, **kwargs: Any) -> dict[str, Any]:
    """Add what is not None to the summary of a request, and return all that was added."""
    attributes = request.__dict__
    context: dict[str, Any] | None = attributes.get("_log_context")
    if context is None:
        context = attributes["_log_context"] = {}
    for name, value in kwargs.items():
        if value is not None:
            context[name] = value
    return context


def start(request: Any) -> None:
    """Note when a request was received, and its id (header `X-Request-Id`, or a new one)."""
    attributes = request.__dict__
    if "_received_at" in attributes:
        return  # It is run again.
    attributes["_received_at"] = clock.now_ms()
    if "parent" not in attributes:
        rid = request.environ.get("HTTP_X_REQUEST_ID")
        request_id_context.set(printable(rid) if rid else randomness.new_tag())


def describe(request: Any) -> dict[str, Any]:
    """Who asked for what: method, path, agent, language, request id, harmless query string."""
    environ = request.environ
    fields: dict[str, Any] = {
        "agent": environ.get("HTTP_USER_AGENT"),
        "path": request.path,
        "method": request.method,
        "lang": environ.get("HTTP_ACCEPT_LANGUAGE"),
        "rid": request_id_context.get(None),
        "errno": 0,
    }
    fields = {
        name: printable(value) if isinstance(value, str) else value
        for name, value in fields.items()
        if value is not None
    }
    if environ.get("QUERY_STRING"):
        fields["querystring"] = _querystring(request)
    return fields


def summarize(request: Any, response: Any, *, logger: logging.Logger = summary_logger) -> None:
    """Log the summary of a request (not of sub-requests), with an empty message."""
    if not logger.isEnabledFor(logging.INFO) or hasattr(request, "parent"):
        return
    fields = {**safely_described(request), **log_context(request)}
    now = clock.now_ms()
    received_at = getattr(request, "_received_at", now)
    fields.update(
        # Local time without zone, as log collectors already parse it.
        time=datetime.fromtimestamp(now / 1000).isoformat(),
        code=response.status_code,
        t=now - received_at,
        errno=getattr(response, "errno", fields.get("errno", 0)),
    )
    logger.info("", extra=fields)


def safely_described(request: Any) -> dict[str, Any]:
    """Like `describe`, also for a path that is no text."""
    try:
        return describe(request)
    except UnicodeDecodeError:
        return {"method": request.method, "path": "(undecodable)", "errno": 0}


def _querystring(request: Any) -> dict[str, str]:
    try:
        return redacted(dict(request.GET))
    except UnicodeDecodeError:
        return {}
