"""Start-up steps about the life of the service: `Backoff` when busy, `Alert` and 410 at its end."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from dateutil import parser as date_parser
from pyramid import httpexceptions

from kinto.core.http.cors import reapply_cors
from kinto.core.http.failures import ERRORS, http_error
from kinto.core.http.headers import alert
from kinto.core.http.security_headers import add_default_header
from kinto.core.http.steps import at_end
from kinto.core.runtime import clock

GONE = "The service you are trying to connect no longer exists at this location."

# The name of the tween is known: it is the first, so that nothing runs on a closed service.
END_OF_LIFE_TWEEN = "kinto.core.initialization._end_of_life_tween_factory"


def setup_deprecation(config: Any) -> None:
    """The end-of-life tween, outermost."""
    config.add_tween(END_OF_LIFE_TWEEN)


def end_of_life_tween_factory(handler: Callable[[Any], Any], registry: Any) -> Any:
    """Announce the end of the service (setting `eos`), and answer 410 once it has come.

    Raises:
        ValueError: the setting is no date.
    """
    end = _end_of_service(registry.settings.get("eos"))
    if end is None:
        return handler
    settings = registry.settings
    url = settings.get("eos_url") or settings.get("project_docs") or ""
    message = settings.get("eos_message")
    announced = alert(message, url, code="soft-eol")
    over = alert(message, url, code="hard-eol")

    def end_of_life_tween(request: Any) -> Any:
        if clock.now_ms() < end:
            response = handler(request)
            response.headers["Alert"] = announced
            return response
        gone = http_error(httpexceptions.HTTPGone(), errno=ERRORS.SERVICE_DEPRECATED, message=GONE)
        gone.headers["Alert"] = over
        return reapply_cors(request, gone)

    return end_of_life_tween


def setup_backoff(config: Any) -> None:
    """Header `Backoff` on every response, or on a share of them."""
    settings = config.get_settings()
    backoff = settings.get("backoff")
    percentage = settings.get("backoff_percentage")
    if backoff in (None, ""):
        return
    if percentage in (None, ""):
        add_default_header(config, "Backoff", str(backoff))
        return
    share = float(percentage) / 100

    def send_sometimes(request: Any, response: Any) -> None:
        if random.random() < share:
            response.headers["Backoff"] = str(backoff)

    at_end(config, send_sometimes)


def _end_of_service(value: Any) -> float | None:
    """The setting as milliseconds since the epoch; a date without zone is in UTC."""
    if not value:
        return None
    date: datetime = date_parser.parse(str(value))
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return date.timestamp() * 1000
