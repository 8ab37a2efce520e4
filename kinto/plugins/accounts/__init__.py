"""Accounts: users with a password, and the policy that recognises them."""

from __future__ import annotations

import re
import sys
from typing import Any

from pyramid.events import NewRequest
from pyramid.exceptions import ConfigurationError

from kinto.authorization import PERMISSIONS_INHERITANCE_TREE
from kinto.core.openapi import WRITES, OpenAPI, describe_error
from kinto.core.settings import aslist
from kinto.plugins.accounts.authentication import AccountsAuthenticationPolicy
from kinto.plugins.accounts.hashing import on_new_request
from kinto.plugins.accounts.mailing import Outbox
from kinto.plugins.accounts.settings import AccountsSettings, MailSettings, ValidationSettings
from kinto.plugins.accounts.utils import ACCOUNT_CACHE_KEY, ACCOUNT_POLICY_NAME

__all__ = [
    "ACCOUNT_CACHE_KEY",
    "ACCOUNT_POLICY_NAME",
    "AccountsPolicy",
    "AccountsSettings",
    "MailSettings",
    "ValidationSettings",
    "includeme",
]

AccountsPolicy = AccountsAuthenticationPolicy

DOCS_URL = "https://kinto.readthedocs.io/en/stable/api/1.x/accounts.html"

_POLICIES = ("AccountsPolicy", "AccountsAuthenticationPolicy")
_VOLATILE = """\
\033[1;31;40mThe accounts plugin stores its users in memory: they vanish at each start,
and `kinto create-user` has no lasting effect.\033[0;37;40m"""


def includeme(config: Any) -> None:
    """Enable the endpoints.

    Raises:
        ConfigurationError: no policy uses accounts, another one hides it, or the settings let
            somebody create accounts in a way that they may not want.
    """
    settings = config.get_settings()
    own = AccountsSettings.from_mapping(settings)
    config.registry.accounts_settings = own
    _check_policies(settings)
    _check_creators(own)
    if settings.get("storage_backend") == "kinto.core.storage.memory":
        sys.stderr.write(f"{_VOLATILE}\n")
    config.add_api_capability(
        "accounts",
        description="Manage user accounts.",
        url="https://kinto.readthedocs.io/en/latest/api/1.x/accounts.html",
        validation_enabled=own.validation,
    )
    if own.validation:
        _set_up_mail(config, settings)
    generator = settings.get("account_id_generator")
    if not generator:
        generator = "kinto.plugins.accounts.views.AccountIdGenerator"
        config.registry.id_generators["account"] = config.maybe_dotted(generator)(config)
    PERMISSIONS_INHERITANCE_TREE["root"]["account:create"] = {}
    PERMISSIONS_INHERITANCE_TREE["account"] = {
        "write": {"account": ["write"]},
        "read": {"account": ["write", "read"]},
    }
    OpenAPI.expose_authentication_method("account", {"type": "basic"})
    describe_error(config, 429, "Too many failed attempts; wait a while.", methods=("get", *WRITES))
    config.add_subscriber(on_new_request, NewRequest)
    config.scan("kinto.plugins.accounts.views")
    config.scan("kinto.plugins.accounts.tokens")


def _set_up_mail(config: Any, settings: Any) -> None:
    """Addresses are confirmed: the endpoints, and what sends the mails.

    Raises:
        ConfigurationError: the pattern of addresses is none.
    """
    registry = config.registry
    registry.accounts_validation = ValidationSettings.from_mapping(settings)
    try:
        registry.accounts_validation.pattern.match("")
    except re.error as error:
        raise ConfigurationError(f"account_validation.email_regexp: {error}") from error
    registry.accounts_mail = MailSettings.from_mapping(settings)
    mailer = config.maybe_dotted(registry.accounts_mail.mailer)(registry.accounts_mail)
    registry.accounts_outbox = Outbox(mailer)
    config.scan("kinto.plugins.accounts.confirming")


def _check_policies(settings: Any) -> None:
    names = [
        name.removeprefix("multiauth.policy.").removesuffix(".use")
        for name, value in settings.items()
        if name.startswith("multiauth.policy.")
        and name.endswith(".use")
        and str(value).endswith(_POLICIES)
    ]
    if not names:
        raise ConfigurationError(
            "Account policy missing the 'multiauth.policy.*.use' setting. "
            f"See AccountsPolicy in docs {DOCS_URL}."
        )
    policies = aslist(settings.get("multiauth.policies"))
    for name in names:
        if name in policies and "basicauth" in policies[: policies.index(name)]:
            raise ConfigurationError(
                f"'basicauth' should not be mentioned before '{name}' "
                "in 'multiauth.policies' setting."
            )


def _check_creators(own: AccountsSettings) -> None:
    creators = set(own.create_principals) - {"system.Everyone"}
    if affected := sorted(creators.difference(own.write_principals)):
        raise ConfigurationError(
            "Configuration has some principals in account_create_principals but not in "
            "account_write_principals. These principals will only be able to create their own "
            "accounts. This may not be what you want.\n"
            "If you want these users to be able to create accounts for other users, add them to "
            f"account_write_principals.\nAffected users: {affected}"
        )
