"""Every setting has a help line, a place in the docs, and is read by its declared name."""

import re

import pytest

from kinto.core.settings.application import SECTIONS, effective_defaults
from kinto.core.settings.backends import PoolSettings
from scripts.render import ROOT

PAGE = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
DECLARED = [item for section in (*SECTIONS, PoolSettings) for item in section.declarations()]


@pytest.mark.parametrize("item", DECLARED, ids=lambda item: item.name)
def test_a_setting_is_documented(item):
    assert f"| `{item.name}` |" in PAGE


@pytest.mark.parametrize("item", DECLARED, ids=lambda item: item.name)
def test_a_help_line_is_a_sentence(item):
    assert re.fullmatch(r"[A-Z`].{9,}\.", item.help), item.help


def test_names_are_declared_once():
    names = [item.name for section in SECTIONS for item in section.declarations()]
    assert len(names) == len(set(names))


def test_defaults_come_from_declarations():
    assert set(effective_defaults()) == {
        item.name for section in SECTIONS for item in section.declarations()
    }
