"""What leaves for Sentry: reports without bodies, cookies, credentials or values of variables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from kinto.core.observability.redaction import redacted, redacted_value

OPTIONS = {
    "send_default_pii": False,
    "max_request_body_size": "never",
    # Frames hold passwords and whole objects.
    "include_local_variables": False,
}
"""Given to the library besides what settings decide."""


def scrub(report: Any, hint: Any = None) -> Any:
    """A report fit to be sent: the library calls this for each (`before_send`)."""
    request = report.get("request") or {}
    for name in ("cookies", "data", "env"):
        request.pop(name, None)
    if isinstance(query := request.get("query_string"), str):
        request["query_string"] = _query(query)
    if isinstance(url := request.get("url"), str):
        parts = urlsplit(url)
        request["url"] = parts._replace(query=_query(parts.query), fragment="").geturl()
    return _scrubbed(report)


def scrub_breadcrumb(crumb: Any, hint: Any = None) -> Any:
    """A log line, or a call, that goes with a later report."""
    return redacted_value(crumb)


def _query(text: str) -> str:
    return urlencode(redacted(dict(parse_qsl(text, keep_blank_values=True))), safe="*")


def _scrubbed(report: Mapping[str, Any]) -> dict[str, Any]:
    """Everything below; the parts at the top have names of the protocol, not of secrets."""
    return {name: redacted_value(part) for name, part in report.items()}
