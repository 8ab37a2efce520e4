"""`kinto create-user`: an account made, or given a new password, from the command line."""

from __future__ import annotations

import getpass
import logging
import sys
from collections.abc import Mapping
from typing import Any

import transaction

from kinto.core.settings import asbool, aslist
from kinto.core.transactions import begin_unit
from kinto.plugins.accounts.settings import accounts_settings
from kinto.plugins.accounts.utils import hash_password, make_account
from kinto.plugins.accounts.views import AccountIdGenerator

logger = logging.getLogger(__name__)

READONLY = 51
NO_ACCOUNTS = 52
ABORTED = 53


def create_user(
    env: Mapping[str, Any], username: str | None = None, password: str | None = None
) -> int:
    """Create an account, in place of any former one; who may create accounts does not matter.

    Returns:
        0, 51 (read-only server), 52 (plugin not included), 53 (aborted).
    """
    registry = env["registry"]
    settings = registry.settings
    if asbool(settings.get("readonly")):
        logger.error("Cannot create a user with a readonly server.")
        return READONLY
    if "kinto.plugins.accounts" not in aslist(settings.get("includes")):
        logger.error("Cannot create a user when the accounts plugin is not installed.")
        return NO_ACCOUNTS
    try:
        username = _valid_name(username)
        if password is None:
            password = _ask_password(username)
    except EOFError:
        _say("User creation aborted")
        return ABORTED
    _say(f"Creating user '{username}'")
    hashed = hash_password(password, rounds=accounts_settings(registry).bcrypt_rounds)
    with transaction.manager as txn:
        begin_unit(txn)
        make_account(registry, username, data={}, hashed=hashed)
    return 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _valid_name(username: str | None) -> str:
    while True:
        if username is None:
            username = input("Username: ")
        if AccountIdGenerator().match(username):
            return username
        _say("{} is not a valid username.")
        _say(f"Username should match {AccountIdGenerator.regexp}, please try again.")
        username = None


def _ask_password(username: str) -> str:
    while True:
        password = getpass.getpass(f"Please enter a password for {username}: ")
        if password and password == getpass.getpass("Please confirm the password: "):
            return password
        _say("Sorry, passwords do not match, please try again.")
