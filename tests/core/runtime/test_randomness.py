"""Ids and nonces."""

from __future__ import annotations

import os
import re
import uuid

from kinto.core.protocol.identifiers import is_valid_id
from kinto.core.runtime import randomness


def test_uuids_are_version_4_in_lower_case():
    text = randomness.new_uuid()
    assert uuid.UUID(text).version == 4
    assert str(uuid.UUID(text)) == text


def test_uuids_are_of_the_usual_variant_and_come_once():
    texts = [randomness.new_uuid() for _ in range(1000)]
    assert {uuid.UUID(text).variant for text in texts} == {uuid.RFC_4122}
    assert {text[19] for text in texts} == set("89ab")
    assert len(set(texts)) == 1000


def test_ordered_uuids_are_version_7_and_tell_their_time():
    moment = 0x017F22E279B0  # the example of RFC 9562
    text = randomness.new_ordered_uuid(moment)
    assert text.startswith("017f22e2-79b0-7")
    assert uuid.UUID(text).version == 7
    assert uuid.UUID(text).variant == uuid.RFC_4122
    assert text < randomness.new_ordered_uuid(moment + 1)
    assert text != randomness.new_ordered_uuid(moment)


def test_a_forked_process_makes_other_uuids():
    randomness.new_uuid()
    reader, writer = os.pipe()
    if not (child := os.fork()):
        os.write(writer, "".join(randomness.new_uuid() for _ in range(50)).encode())
        os._exit(0)
    os.close(writer)
    with open(reader) as told:
        text = told.read()
    os.waitpid(child, 0)
    theirs = {text[start : start + 36] for start in range(0, len(text), 36)}
    assert len(theirs) == 50
    assert theirs.isdisjoint(randomness.new_uuid() for _ in range(50))


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
