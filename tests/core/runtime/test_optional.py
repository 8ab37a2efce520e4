"""Libraries that may be absent."""

from __future__ import annotations

import json

import pytest

from kinto.core.runtime.optional import optional_import


def test_a_library_is_given_when_there():
    assert optional_import("json") is json


def test_an_absent_library_is_none():
    assert optional_import("no_such_library") is None
    assert optional_import("no_such_library.inside") is None


def test_a_broken_library_is_not_hidden(tmp_path, monkeypatch):
    (tmp_path / "broken_library.py").write_text("1 / 0")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ZeroDivisionError):
        optional_import("broken_library")
