"""Start-up: what a hook must have, and what it may not be."""

from __future__ import annotations

import pytest

import kinto
from kinto.core.settings import InvalidSetting, UnsafeSecret
from kinto.plugins.webhooks.settings import WebhooksSettings, read_hooks
from tests.factories import SECRET

HOOK = {
    "includes": "kinto.plugins.webhooks",
    "userid_hmac_secret": SECRET,
    "webhooks": "orders",
    "webhooks.deliver": False,
    "webhooks.orders.url": "https://example.org/hook",
    "webhooks.orders.secret": "a secret of two servers",
}


def start(**settings):
    return kinto.main({}, **{**HOOK, **settings}).registry


def read(**settings):
    settings = {**HOOK, "settings_prefix": "kinto", **settings}
    return read_hooks(settings, WebhooksSettings.from_mapping(settings))


def test_a_hook_is_checked_at_start():
    with pytest.raises(UnsafeSecret):
        start(**{"webhooks.orders.secret": ""})


@pytest.mark.parametrize("secret", ["", "  ", "change-me", "secret"])
def test_an_empty_or_public_secret_is_refused(secret):
    with pytest.raises(UnsafeSecret, match=r"webhooks\.orders\.secret"):
        read(**{"webhooks.orders.secret": secret})


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("url", ""),
        ("url", "ftp://example.org/"),
        ("url", "https://user:hunter2@example.org/"),
        ("url", "http://127.0.0.1:8080/hook"),
        ("url", "http://[::ffff:10.0.0.1]/hook"),
        ("url", "http://169.254.169.254/latest"),
        ("resources", "account"),
        ("resources", "records"),
        ("actions", "read"),
        ("uris", "blog"),
        ("payload", "all"),
    ],
)
def test_a_wrong_option_is_refused(option, value):
    with pytest.raises(InvalidSetting, match=rf"webhooks\.orders\.{option}") as caught:
        read(**{f"webhooks.orders.{option}": value})
    assert "hunter2" not in str(caught.value)


def test_the_environment_gives_secrets(monkeypatch):
    monkeypatch.setenv("KINTO_WEBHOOKS_ORDERS_SECRET", "a secret of the environment")
    hooks = read(**{"webhooks.orders.secret": ""})
    assert hooks["orders"].secret == "a secret of the environment"


def test_the_capability_tells_no_url():
    shown = start().api_capabilities["webhooks"]
    assert set(shown) == {"description", "url"} and "example.org" not in str(shown)


def test_without_hooks_nothing_listens():
    assert start(webhooks="").webhooks == {}
