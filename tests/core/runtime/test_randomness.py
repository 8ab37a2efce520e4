"""Ids and nonces."""

from __future__ import annotations

import re
import uuid

from kinto.core.protocol.identifiers import is_valid_id
from kinto.core.runtime import randomness


def test_uuids_are_version_4_in_lower_case():
    text = randomness.new_uuid()
    assert uuid.UUID(text).version == 4
    assert str(uuid.UUID(text)) == text


def test_names_are_valid_ids_of_eight_characters():
    for name in {randomness.new_name() for _ in range(500)}:
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{7}", name)
        assert is_valid_id(name)


def test_nothing_comes_twice():
    assert len({randomness.new_name() for _ in range(500)}) == 500
    assert len({randomness.random_hex(16) for _ in range(500)}) == 500


def test_hexadecimal_text_has_two_characters_a_byte():
    assert re.fullmatch(r"[0-9a-f]{32}", randomness.random_hex(16))
    assert len(randomness.random_bytes(16)) == 16


def test_fractions_are_below_one():
    assert all(0 <= randomness.random_fraction() < 1 for _ in range(100))
