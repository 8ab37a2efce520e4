"""The page of the docs, followed word for word with a real provider."""

from __future__ import annotations

import pytest

from kinto.plugins.openid import ProviderSettings
from tests import openid_provider
from tests.plugins import pages
from tests.plugins.openid.conftest import Browser

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.usefixtures("_whole")]

START = "multiauth.policy.idp."


def test_the_page_is_followed(make_app, provider, port):
    settings = pages.settings_of("openid")
    assert settings[f"{START}issuer"] == "https://idp.example.com"
    secret = openid_provider.CLIENT_SECRET
    settings |= {f"{START}issuer": provider.issuer, f"{START}client_secret": secret}
    app = make_app(**settings)

    def access_token() -> str:
        callback = "https://app.example.com/#tokens="
        with openid_provider.served(app.app, port=port) as address:
            with Browser(f"{address}/v1") as browser:
                return browser.log_in(callback=callback)["access_token"]

    pages.follow(app, "openid", {"access-token": _once(access_token)})


def _once(make):
    made = []

    def value() -> str:
        if not made:
            made.append(make())
        return made[0]

    return value


def test_the_page_lists_the_settings():
    assert pages.declared_in("openid", ProviderSettings) == []
