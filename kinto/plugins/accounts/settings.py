"""The settings of accounts, checked at start and read once for each server."""

from __future__ import annotations

from typing import Any

from kinto.core.settings import Section, field


class AccountsSettings(Section, prefix="account", title="Accounts"):
    """Who may do what with accounts, how passwords are kept, and how guesses are slowed down."""

    create_principals: tuple[str, ...] = field(
        (), raw="", help="Who may create accounts; by default nobody."
    )
    write_principals: tuple[str, ...] = field(
        (), raw="", help="Administrators: they create, read, change and delete any account."
    )
    read_principals: tuple[str, ...] = field(
        (), raw="", help="Who may read accounts; administrators need it to list all of them."
    )
    cache_ttl_seconds: int = field(
        30, ge=0, help="Seconds for which a verified password is remembered; 0 means never."
    )
    bcrypt_rounds: int = field(
        12, ge=4, le=20, help="Cost of password hashes; each step doubles the time of a login."
    )
    failures_per_account: int = field(
        10, ge=0, help="Wrong passwords for one account before 429; 0 means no limit."
    )
    failures_per_address: int = field(
        100, ge=0, help="Wrong passwords from one address before 429; 0 means no limit."
    )
    failures_window_seconds: int = field(
        300, ge=1, help="Seconds after which wrong passwords are forgotten."
    )


def accounts_settings(registry: Any) -> AccountsSettings:
    """The settings of a server, kept on its registry by the plugin's start."""
    known: AccountsSettings | None = vars(registry).get("accounts_settings")
    return known or AccountsSettings.from_mapping(registry.settings or {})
