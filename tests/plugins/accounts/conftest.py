"""An application with accounts: anybody signs up, `admin` administers."""

from __future__ import annotations

import pytest

from tests.factories import credentials

SETTINGS = {
    "includes": "kinto.plugins.accounts",
    "multiauth.policies": "account",
    "multiauth.policy.account.use": "kinto.plugins.accounts.AccountsPolicy",
    "account_create_principals": "system.Everyone",
    "account_write_principals": "account:admin",
    "account_read_principals": "account:admin",
    "account_bcrypt_rounds": "4",
    "bucket_create_principals": "system.Authenticated",
}


@pytest.fixture
def app(make_app):
    return make_app(**SETTINGS)


@pytest.fixture
def sign_up(app):
    """`sign_up("ann")`: an account with the password `secret`; returns its headers."""

    def make(name, password="secret", **data):
        body = {"data": {"id": name, "password": password, **data}}
        app.post_json("/accounts", body, status=201)
        return credentials(name, password)

    return make


@pytest.fixture
def ann(sign_up):
    return sign_up("ann", city="Oslo")


@pytest.fixture
def admin(sign_up):
    return sign_up("admin")
