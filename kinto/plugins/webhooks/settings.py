"""The settings of the hooks, checked at start: where to, with which key, what about."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from kinto.core.runtime.outgoing import OutgoingRefused, check_url
from kinto.core.settings import (
    EXAMPLE_SECRETS,
    InvalidSetting,
    Section,
    UnsafeSecret,
    field,
    read_env,
)

RESOURCES = ("bucket", "group", "collection", "record")
ACTIONS = ("create", "update", "delete")

_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")


class WebhooksSettings(Section, prefix="webhooks.", title="Webhooks"):
    """What all hooks have in common."""

    webhooks: tuple[str, ...] = field((), name="webhooks", raw="", help="Names of the hooks.")
    deliver: bool = field(
        True, help="Deliver from a thread of the server; off: `kinto webhooks deliver` does it."
    )
    allow_private: bool = field(False, help="Also post to private and loopback addresses.")
    allowed_hosts: tuple[str, ...] = field(
        (),
        raw="",
        help="Hosts that hooks may post to, as `host` or `host:port`; empty: every public one.",
    )
    timeout_seconds: float = field(5.0, ge=0.1, le=60, help="How long one delivery may take.")
    poll_seconds: float = field(
        1.0,
        ge=0.05,
        help="How often the outbox is looked at, for changes that other processes made.",
    )
    keep_days: float = field(
        3.0,
        ge=0,
        help="Days after which what could not be delivered is put aside as a dead letter.",
    )


class Hook(Section, prefix="webhooks.<name>.", title="One hook"):
    """One URL that changes are posted to; `<name>` is one of the setting `webhooks`."""

    url: str = field("", help="Where the changes are posted to.")
    secret: str = field("", help="Key of the signature, known to the receiver too.")
    resources: tuple[str, ...] = field(
        RESOURCES, raw=" ".join(RESOURCES), help="Among `bucket`, `group`, `collection`, `record`."
    )
    actions: tuple[str, ...] = field(
        ACTIONS, raw=" ".join(ACTIONS), help="Among `create`, `update`, `delete`."
    )
    uris: tuple[str, ...] = field(
        (),
        raw="",
        help="Only these objects and all below them, as `/buckets/blog`; empty: everything.",
    )
    payload: str = field(
        "full", help="With `reference`, the objects are named and their content is left out."
    )

    def wants(self, *, resource_name: str, action: str, uri: str) -> bool:
        """Whether a change of the object of this URI is posted."""
        if resource_name not in self.resources or action not in self.actions:
            return False
        return not self.uris or any(uri == own or uri.startswith(f"{own}/") for own in self.uris)


def read_hooks(settings: Mapping[str, Any], common: WebhooksSettings) -> dict[str, Hook]:
    """The hooks by name.

    Raises:
        InvalidSetting: a value is not what it should be.
        UnsafeSecret: a secret is empty, or everybody knows it.
    """
    hooks = {}
    for name in common.webhooks:
        if _NAME.fullmatch(name) is None:
            raise InvalidSetting("webhooks", name, "names of small letters, digits and dashes")
        hooks[name] = _read_hook(name, settings, allow_private=common.allow_private)
    return hooks


def _read_hook(name: str, settings: Mapping[str, Any], *, allow_private: bool) -> Hook:
    prefix = settings.get("settings_prefix") or ""
    values: dict[str, Any] = {}
    for item in Hook.declarations():
        real = item.name.replace("<name>", name)
        value = settings.get(real, item.default)
        values[item.attribute] = item.read(
            {item.name: read_env(f"{prefix}.{real}" if prefix else real, value)}
        )
    hook = Hook(**values)
    _check(hook, name, allow_private=allow_private)
    return hook


def _check(hook: Hook, name: str, *, allow_private: bool) -> None:
    own = f"webhooks.{name}"
    try:
        check_url(hook.url, allow_private=allow_private)
    except OutgoingRefused as refusal:
        # The value may hold a secret: it is not repeated.
        raise InvalidSetting(f"{own}.url", "...", f"an http or https URL ({refusal})") from None
    if not hook.secret.strip():
        raise UnsafeSecret(f"{own}.secret", "is empty, so anybody can sign deliveries")
    if hook.secret in EXAMPLE_SECRETS:
        raise UnsafeSecret(f"{own}.secret", "is an example that everybody can read")
    for option, known in (("resources", RESOURCES), ("actions", ACTIONS)):
        chosen = getattr(hook, option)
        if not chosen or set(chosen) - set(known):
            raise InvalidSetting(f"{own}.{option}", " ".join(chosen), f"some of {' '.join(known)}")
    if hook.payload not in ("full", "reference"):
        raise InvalidSetting(f"{own}.payload", hook.payload, "`full` or `reference`")
    for uri in hook.uris:
        if not uri.startswith("/buckets/") or uri.endswith("/"):
            raise InvalidSetting(f"{own}.uris", uri, "URIs of objects, as `/buckets/blog`")
