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


OWN = "/buckets/b/collections/c"
"""What the tokens of the tests reach."""


def bearer(text):
    return {"Authorization": f"Bearer {text}"}


def token_body(*resources, access="write", **data):
    return {"data": {"name": "laptop", "access": access, "resources": [*resources], **data}}


def ids(app, path, headers, **kwargs):
    return [item["id"] for item in app.get(path, headers=headers, **kwargs).json["data"]]


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


@pytest.fixture
def make_token(app, ann):
    def make(*resources, access="write", **data):
        body = token_body(*(resources or (OWN,)), access=access, **data)
        return app.post_json("/accounts/ann/tokens", body, headers=ann, status=201).json["data"]

    return make


@pytest.fixture
def world(app, ann):
    """Two buckets of ann's, with two collections each, and a record in each of those."""
    for bucket in "bd":
        app.put_json(f"/buckets/{bucket}", headers=ann)
        app.put_json(f"/buckets/{bucket}/groups/g", {"data": {"members": []}}, headers=ann)
        for collection in "ce":
            uri = f"/buckets/{bucket}/collections/{collection}"
            app.put_json(uri, headers=ann)
            app.put_json(f"{uri}/records/r", {"data": {"a": 1}}, headers=ann)
    return ann
