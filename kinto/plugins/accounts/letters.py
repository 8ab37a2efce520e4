"""What is mailed to users, from the templates of the settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from kinto.core.utils import hmac_digest, msec_time
from kinto.plugins.accounts import keys
from kinto.plugins.accounts.mailing import message_of, send_after_commit
from kinto.plugins.accounts.settings import MailSettings, ValidationSettings

ACTIVATION = ""
CONFIRMATION = "confirmation_"
RESET = "reset_password_"
TAKEN = "taken_"
"""Kinds of letters, as the names of their templates have them."""

_WINDOW_SECONDS = 3600
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_LONGEST_VALUE = 500


def post(
    request: Any,
    kind: str,
    *,
    account: Mapping[str, Any],
    secrets: Mapping[str, str] | None = None,
    is_sent: bool = True,
) -> None:
    """Mail a letter to the address that the account is named by, after the commit.

    One address gets a few of them in an hour; more are silently left out.

    Args:
        account: with its `id`; its attributes and `email-context` fill the templates.
        secrets: further placeholders, which win.
        is_sent: False for the same work, but no mail: time does not tell who has an account.
    """
    registry = request.registry
    settings: ValidationSettings = registry.accounts_validation
    if not _is_within_budget(registry, account["id"], most=settings.mails_per_account):
        return
    values: dict[str, Any] = dict(account)
    context = account.get("email-context")
    values.update(context if isinstance(context, Mapping) else {})
    values.update({"id": account["id"], **(secrets or {})})
    mail: MailSettings = registry.accounts_mail
    message = message_of(
        sender=settings.email_sender or mail.default_sender,
        recipient=account["id"],
        subject=filled(getattr(settings, f"email_{kind}subject_template"), values),
        text=filled(getattr(settings, f"email_{kind}body_template"), values),
    )
    send_after_commit(request, message, is_sent=is_sent)


def filled(template: str, values: Mapping[str, Any]) -> str:
    """The template with its placeholders replaced; unknown ones stay as they are."""

    def value_of(match: re.Match[str]) -> str:
        name = match.group(1)
        value = values.get(name)
        return str(value)[:_LONGEST_VALUE] if isinstance(value, (str, int, float)) else match[0]

    return _PLACEHOLDER.sub(value_of, template)


def _is_within_budget(registry: Any, account_id: str, *, most: int) -> bool:
    cache = registry.cache
    key = "accounts:mails:" + hmac_digest(keys.secret_key(registry), account_id.lower())
    now = msec_time()
    entry = cache.get(key)
    if entry is None or entry["until"] <= now:
        entry = {"count": 0, "until": now + _WINDOW_SECONDS * 1000}
    if entry["count"] >= most:
        return False
    entry["count"] += 1
    cache.set(key, entry, ttl=(entry["until"] - now) / 1000)
    return True
