"""`kinto create-user`: done by the accounts plugin, which other commands need not load."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kinto.core.runtime.optional import optional_import


def create_user(
    env: Mapping[str, Any], username: str | None = None, password: str | None = None
) -> int:
    """See `kinto.plugins.accounts.scripts.create_user`."""
    scripts: Any = optional_import("kinto.plugins.accounts.scripts")
    return int(scripts.create_user(env, username=username, password=password))
