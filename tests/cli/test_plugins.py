"""`kinto plugins`: installed, enabled, and what each one brings."""

import re

import pytest

from kinto.cli import plugins
from kinto.core.settings.plugins import Plugin


@pytest.fixture
def listed(kinto, here, capsys):
    """`listed(*arguments)`: the lines of each plugin, by name."""

    def run(*arguments: str) -> dict[str, str]:
        assert kinto("plugins", *arguments) == 0
        parts = re.split(r"^(\w+) (\(.*\))$", capsys.readouterr().out, flags=re.MULTILINE)[1:]
        return {
            name: state + text
            for name, state, text in zip(parts[::3], parts[1::3], parts[2::3], strict=True)
        }

    return run


def test_a_plugin_is_listed_with_its_settings_and_urls(listed):
    [(name, text)] = listed("history").items()
    assert name == "history"
    assert "not enabled" in text
    assert "history.exclude_resources" in text
    assert "GET DELETE /buckets/{bucket_id}/history" in text
    assert "/buckets/{id}" not in text


def test_every_bundled_plugin_tells_what_it_brings(listed, ini):
    found = listed("--ini", ini("kinto.includes = kinto.plugins.flush history\n"))
    assert {"accounts", "default_bucket", "flush", "history", "prometheus", "statsd"} <= set(found)
    assert [name for name, text in found.items() if "does not start" in text] == []
    assert "GET POST DELETE /accounts" in found["accounts"]
    assert "account_bcrypt_rounds" in found["accounts"]
    # What the file includes is enabled, by whatever name.
    enabled = [name for name, text in found.items() if ", enabled)" in text]
    assert enabled == ["flush", "history"]


def test_an_unknown_name_is_told_the_right_one(kinto, here, capsys):
    assert kinto("plugins", "histori") == 81
    assert "Did you mean 'history'?" in capsys.readouterr().out
    assert kinto("plugins", "json") == 81
    assert "declares no plugin" in capsys.readouterr().out


def test_a_file_that_includes_an_unknown_plugin_is_refused_in_one_line(kinto, ini, capsys):
    assert kinto("start", "--ini", ini("kinto.includes = histori\n")) == 1
    assert capsys.readouterr().err.startswith("ERROR  Setting 'includes' names the plugin")


def test_a_plugin_that_cannot_be_included_says_why():
    broken = Plugin("broken", "kinto.plugins.not_there", "test 1")
    brought = plugins.brought_by(broken, base=plugins.Brought())
    assert "not_there" in brought.refusal
