"""The configuration file that the root document tells about."""

import hashlib
import logging

import pytest

from kinto.core.settings import origin
from kinto.core.settings.origin import config_attributes


@pytest.fixture(autouse=True)
def forgotten():
    config_attributes.cache_clear()
    yield
    config_attributes.cache_clear()


def test_a_file_is_described(tmp_path, monkeypatch):
    path = tmp_path / "kinto.ini"
    path.write_text("[app:main]")
    monkeypatch.setenv("KINTO_INI", str(path))
    described = config_attributes()
    assert described["path"] == str(path)
    assert described["hash"] == hashlib.sha256(b"[app:main]").hexdigest()
    assert "T" in described["modified"]


def test_a_missing_file_is_told_once(tmp_path, monkeypatch, caplog):
    caplog.set_level("INFO")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KINTO_INI", raising=False)
    # Ini files read by other tests configure, and may silence, the loggers of the package.
    monkeypatch.setattr(origin, "logger", logging.getLogger("tests.settings.origin"))
    assert config_attributes() is None
    assert config_attributes() is None
    assert caplog.messages == ["Could not find config file at ./config/kinto.ini"]
