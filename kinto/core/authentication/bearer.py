"""Texts that this server gave out itself to be shown as `Authorization: Bearer ...`.

Policies that ask others about such texts must be able to tell these, or they would tell secrets
of this server to somebody else.
"""

from __future__ import annotations

OWN_PREFIX = "kinto_"
"""How each of them begins."""


def is_own(token: str) -> bool:
    """Whether a text has the shape of one that was given out here."""
    return token.startswith(OWN_PREFIX)
