"""An application with every bundled plugin, and something in it to be found."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from tests.factories import app_settings, build_api, credentials

PLUGINS: dict[str, dict[str, Any]] = {
    "admin": {},
    "accounts": {
        "multiauth.policies": "account basicauth",
        "multiauth.policy.account.use": "kinto.plugins.accounts.AccountsPolicy",
        "account_create_principals": "system.Everyone",
        "account_write_principals": "system.Authenticated",
        "account_bcrypt_rounds": "4",
        # Guessing without end is what these tests do.
        "account_failures_per_account": "0",
        "account_failures_per_address": "0",
    },
    "default_bucket": {},
    "flush": {"flush_create_principals": "system.Authenticated"},
    "attachments": {"attachment.base_path": "{folder}"},
    "changes": {"changes.resources": "/buckets/one"},
    "counters": {},
    "history": {},
    "prometheus": {},
    "quotas": {"quotas.bucket_max_items": "1000"},
    "openid": {},
    "webhooks": {},
}
"""The settings that each one needs, by name."""

PRESENT = [name for name in PLUGINS if importlib.util.find_spec(f"kinto.plugins.{name}")]

OPEN = {
    "bucket_create_principals": "system.Authenticated",
    "bucket_write_principals": "system.Authenticated",
    "bucket_read_principals": "system.Everyone",
    "user-data_delete_principals": "system.Authenticated",
    "experimental_permissions_endpoint": "true",
    "experimental_collection_schema_validation": "true",
}

USER = credentials("tester")

IDS = {
    "id": "one",
    "bucket_id": "one",
    "collection_id": "one",
    "principal": "account:nobody",
    "timestamp": "1700000000000",
}
"""Values of path parameters that lead somewhere; schemathesis finds others by itself."""


def settings(folder: Path) -> dict[str, Any]:
    """The settings of a server where everything is on, in memory."""
    own: dict[str, Any] = {}
    for name in PRESENT:
        own |= {key: value.format(folder=folder / "files") for key, value in PLUGINS[name].items()}
    included = " ".join(f"kinto.plugins.{name}" for name in PRESENT)
    return {**app_settings("memory", folder), **OPEN, **own, "includes": included}


class Everything:
    """The application, with one object of each kind that `reset` brings back."""

    def __init__(self, folder: Path) -> None:
        self.api = build_api("memory", folder, **settings(folder))
        self.wsgi = self.api.app
        self.reset()

    def reset(self) -> None:
        """Make what `IDS` leads to, and nothing else; forget who was refused."""
        self.api.empty()
        fill(self.api)


def fill(api: Any) -> None:
    """Make an object of each kind; everyone may read them."""
    body = {"permissions": {"read": ["system.Everyone"]}}
    paths = ("", "/groups/one", "/collections/one", "/collections/one/records/one")
    requests: list[dict[str, Any]] = [{"path": f"/buckets/one{path}"} for path in paths]
    requests.append({"path": "/accounts/one", "body": {"data": {"password": "secret"}}})
    batch = {"defaults": {"method": "PUT", "body": body}, "requests": requests}
    answers = api.post_json("/batch", batch, headers=USER).json["responses"]
    assert {answer["status"] for answer in answers} <= {200, 201}, answers
