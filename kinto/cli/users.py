"""`kinto create-user`: the work is done by the accounts plugin."""

from kinto.plugins.accounts.scripts import create_user

__all__ = ["create_user"]
