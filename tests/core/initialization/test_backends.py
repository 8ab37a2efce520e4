"""Backends that do not belong together are told at the start."""

from __future__ import annotations

import logging

import pytest

from kinto.core.initialization.backends import TWO_PLACES, is_in_two_places
from tests import factories


def settings(storage: str, permission: str) -> dict[str, str]:
    found = {}
    for kind, text in (("storage", storage), ("permission", permission)):
        name, _, url = text.partition(" ")
        found |= {f"{kind}_backend": f"kinto.core.{kind}.{name}", f"{kind}_url": url}
    return found


@pytest.mark.parametrize(
    ("storage", "permission", "told"),
    [
        ("memory", "memory", False),
        ("memory unused", "memory", False),
        ("sqlite sqlite:///a", "sqlite sqlite:///a", False),
        ("sqlite sqlite:///a", "sqlite sqlite:///b", True),
        ("sqlite sqlite:///a", "memory", True),
        ("postgresql postgresql://h/a", "postgresql postgresql+psycopg2://h/a", False),
        ("postgresql postgresql://h/a", "postgresql postgresql://h/b", True),
        ("redis redis://h/0", "redis redis://h/1", True),
        ("postgresql postgresql://h/a", "redis redis://h/1", True),
    ],
)
def test_two_databases_are_told_from_one(storage, permission, told):
    assert is_in_two_places(settings(storage, permission)) is told


def test_backends_of_others_are_not_judged():
    assert not is_in_two_places({"storage_backend": "else.storage", "permission_backend": ""})


@pytest.mark.parametrize(("name", "times"), [("other", 1), ("kinto", 0)])
def test_the_start_warns_of_two_databases(tmp_path, caplog, name, times):
    url = f"sqlite:///{tmp_path / name}.sqlite"
    with caplog.at_level(logging.WARNING):
        factories.build_api("sqlite", tmp_path, permission_url=url)
    assert [each.getMessage() for each in caplog.records].count(TWO_PLACES) == times
