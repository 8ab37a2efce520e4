"""Secrets: a server that keeps data needs its own."""

import pytest

from kinto.core.settings.secrets import UnsafeSecret, check_secrets

SQLITE = {"storage_backend": "kinto.core.storage.sqlite", "userid_hmac_secret": "f3a9"}


def test_a_secret_of_its_own_is_fine():
    check_secrets(SQLITE)


def test_memory_needs_no_secret():
    check_secrets({"storage_backend": "kinto.core.storage.memory", "userid_hmac_secret": ""})


def test_an_empty_secret_is_refused():
    with pytest.raises(UnsafeSecret, match="'userid_hmac_secret' is empty"):
        check_secrets({**SQLITE, "userid_hmac_secret": ""})


@pytest.mark.parametrize("name", ["userid_hmac_secret", "default_bucket_hmac_secret"])
def test_an_example_is_refused(name):
    with pytest.raises(UnsafeSecret, match=f"'{name}' is an example"):
        check_secrets({**SQLITE, name: "replace-with-32-random-bytes"})
