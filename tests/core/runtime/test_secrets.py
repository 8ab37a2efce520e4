"""Keyed hashes and secret keys."""

from __future__ import annotations

import hmac

import pytest

from kinto.core.runtime import secrets


@pytest.mark.parametrize(
    ("message", "digest"),
    [
        ("mat:secret", "8a931a10fc88ab2f6d1cc02a07d3a81b5d4768f6f13e85c5d8d4180419acb1b4"),
        ("alice:secret", "d5b0026601f1b251974e09548d44155e16812e3c64ff7ae053fe3542e2ca1570"),
        ("bob:secret", "c031ced27503f788b102ca54269a062ec73794bb075154c74a0d4311e74ca8b6"),
    ],
)
def test_the_published_vectors_of_the_digest(message, digest):
    assert secrets.hmac_digest("", message) == digest
    assert secrets.hmac_digest(b"", message.encode()) == digest


def test_texts_are_encoded_as_asked():
    assert secrets.hmac_digest("k", "é", "latin-1") == secrets.hmac_digest(b"k", b"\xe9")


def test_an_empty_key_is_refused_with_the_name_of_its_setting():
    for empty in ("", "  ", b""):
        with pytest.raises(ValueError, match="userid_hmac_secret"):
            secrets.require_secret(empty, name="userid_hmac_secret")
    assert secrets.require_secret("é", name="x") == "é".encode()


def test_secrets_are_compared_whatever_their_type():
    assert secrets.same_secret("é", "é".encode())
    assert not secrets.same_secret("a", "b")
    assert not secrets.same_secret("a", "aa")


@pytest.mark.parametrize("length", [0, 1, 63, 64, 65, 200])
def test_the_digest_is_that_of_the_standard_library(length):
    key = bytes(range(200))[:length]
    expected = hmac.new(key, b"a message", "sha256").hexdigest()
    assert secrets.hmac_digest(key, "a message") == expected
