"""The settings of accounts, checked at start and read once for each server."""

from __future__ import annotations

import re
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
    session_seconds: int = field(
        86_400, ge=1, help="Seconds that a session lasts; use does not prolong it."
    )
    sessions_per_account: int = field(
        50, ge=1, help="Sessions of one account; a new one ends the oldest."
    )
    token_seconds: int = field(
        7_776_000, ge=1, help="Seconds that an API token lasts when its maker does not say."
    )
    token_max_seconds: int = field(31_622_400, ge=1, help="Longest life of an API token, seconds.")
    tokens_per_account: int = field(100, ge=1, help="API tokens that one account may have.")
    validation: bool = field(
        False, help="Whether accounts are named by e-mail addresses that their users confirm."
    )


class ValidationSettings(Section, prefix="account_validation.", title="Confirming addresses"):
    """What is mailed to users, and for how long it is good."""

    email_regexp: str = field(
        r"^[a-zA-Z0-9_.+-]+@[a-zA-Z0-9-]+\.[a-zA-Z0-9-.]+$",
        help="What the id of an account has to look like.",
    )
    validation_key_cache_ttl_seconds: int = field(
        604_800, ge=1, help="Seconds in which an address is confirmed."
    )
    reset_password_cache_ttl_seconds: int = field(
        604_800, ge=1, help="Seconds in which a text that resets a password is used."
    )
    mails_per_account: int = field(
        5, ge=1, help="Mails of these kinds that one address gets in an hour."
    )
    email_sender: str = field("admin@example.com", help="Sender of the mails.")
    email_subject_template: str = field(
        "activate your account", help="Subject of the mail to confirm an address."
    )
    email_body_template: str = field("{activation-key}", help="Its text.")
    email_confirmation_subject_template: str = field(
        "Account active", help="Subject of the mail after the confirmation."
    )
    email_confirmation_body_template: str = field(
        "The account {id} is now active", help="Its text."
    )
    email_reset_password_subject_template: str = field(
        "Reset password", help="Subject of the mail to reset a password."
    )
    email_reset_password_body_template: str = field("{reset-password}", help="Its text.")
    email_taken_subject_template: str = field(
        "You have an account already",
        help="Subject of the mail to somebody who signs up a second time.",
    )
    email_taken_body_template: str = field(
        "Somebody, maybe you, signed up as {id}, which you are already. "
        "If you forgot your password, reset it.",
        help="Its text.",
    )

    @property
    def pattern(self) -> re.Pattern[str]:
        """`email_regexp`, compiled (the standard library remembers)."""
        return re.compile(self.email_regexp)


class MailSettings(Section, prefix="mail.", title="Mail"):
    """How mail leaves. These names take no `kinto.` prefix."""

    mailer: str = field(
        "kinto.plugins.accounts.mailing.SmtpMailer",
        help="Class that sends: called with these settings, its method `send` with each message.",
    )
    default_sender: str = field("", help="Sender of mails that have no other.")
    host: str = field("localhost", help="SMTP server.")
    port: int = field(25, ge=1, le=65_535, help="Its port.")
    username: str = field("", help="User of the SMTP server, if it asks.")
    password: str = field("", help="Password of that user.")
    tls: bool = field(False, help="Encrypt with STARTTLS, or do not send.")
    ssl: bool = field(False, help="Encrypt from the first byte (port 465).")
    queue_path: str = field("", help="Put mails into this Maildir instead of sending them.")
    debug_mailer: bool = field(False, help="Write mails to files in `mail/` instead.")


def accounts_settings(registry: Any) -> AccountsSettings:
    """The settings of a server, kept on its registry by the plugin's start."""
    known: AccountsSettings | None = vars(registry).get("accounts_settings")
    return known or AccountsSettings.from_mapping(registry.settings or {})
