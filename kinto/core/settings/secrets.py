"""Settings that no server keeping data may run with: empty secrets, and secrets that are public."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

EXAMPLE_SECRETS = frozenset(
    {
        "change-me",
        "development-only-secret",
        "development-only-bucket-secret",
        "replace-with-32-random-bytes",
        "replace-with-32-other-random-bytes",
        "some-secret-string",
        "secret",
    }
)
VOLATILE_BACKENDS = frozenset({"", "kinto.core.storage.memory"})


class UnsafeSecret(ValueError):
    """A server that keeps data has no secret, or one that everybody can read in an example."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(name, problem)
        self.name = name
        self.problem = problem

    def __str__(self) -> str:
        return (
            f"Setting '{self.name}' {self.problem}; write a random one "
            "(for example with `python3 -c 'import secrets; print(secrets.token_hex(32))'`)."
        )


def check_secrets(settings: Mapping[str, Any]) -> None:
    """Refuse to serve a storage that outlives the process with a guessable secret.

    `settings` are merged (plain names). A memory storage is left alone: embedders and tests need
    no secret. `default_bucket_hmac_secret` may be empty, its plugin asks for it, but may not be
    an example. Raises `UnsafeSecret`.
    """
    if (settings.get("storage_backend") or "") in VOLATILE_BACKENDS:
        return
    if not settings.get("userid_hmac_secret"):
        raise UnsafeSecret("userid_hmac_secret", "is empty, so anybody can compute user ids")
    for name in ("userid_hmac_secret", "default_bucket_hmac_secret"):
        if settings.get(name) in EXAMPLE_SECRETS:
            raise UnsafeSecret(name, "is an example that everybody can read")
