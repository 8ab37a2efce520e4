"""Ids made by the server, ids accepted from clients."""

from __future__ import annotations

import pytest

from kinto.views import NameGenerator, RelaxedUUID


def test_names_are_eight_characters_of_the_alphabet():
    generator = NameGenerator()
    names = {generator() for _ in range(200)}
    assert len(names) == 200
    assert {len(name) for name in names} == {8}
    assert all(generator.match(name) for name in names)


def test_record_ids_are_uuids():
    assert len(RelaxedUUID()()) == 36


@pytest.mark.parametrize("generator", [NameGenerator(), RelaxedUUID()])
@pytest.mark.parametrize("name", ["a", "A1", "9-_", "x" * 200])
def test_clients_may_choose_names(generator, name):
    assert generator.match(name)


@pytest.mark.parametrize("generator", [NameGenerator(), RelaxedUUID()])
@pytest.mark.parametrize("name", ["", "-a", "_a", "a b", "a/b", "é", "a\n", "a.b", "a*"])
def test_other_names_are_refused(generator, name):
    assert not generator.match(name)
