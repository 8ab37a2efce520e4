"""Before a server is built from a file: its names, its secrets, who can reach it."""

import pytest

from kinto.cli import preflight
from kinto.core.settings.names import UnknownSetting
from kinto.core.settings.secrets import UnsafeSecret

SQLITE = "kinto.storage_backend = kinto.core.storage.sqlite"
SECRET = "kinto.userid_hmac_secret = 2f6a"


def test_a_sound_file_is_accepted_silently(ini, capsys):
    preflight.check_file(ini(SQLITE, SECRET), http_port=1)
    assert capsys.readouterr() == ("", "")


def test_a_missing_file_is_named():
    with pytest.raises(FileNotFoundError, match=r"No such file or directory: 'none\.ini'"):
        preflight.check_file("none.ini", http_port=1)


def test_the_line_of_a_wrong_name_is_told(ini):
    with pytest.raises(UnknownSetting, match=r"server.ini, line 8"):
        preflight.check_file(ini(SECRET, "kinto.storag_url: x"), http_port=1)


def test_a_wrong_variable_is_told(ini, monkeypatch):
    monkeypatch.setenv("KINTO_READ_ONLY", "true")
    with pytest.raises(UnknownSetting, match="in the environment"):
        preflight.check_file(ini(), http_port=1)


def test_a_name_that_is_gone_is_accepted(ini, capsys):
    preflight.check_file(ini("kinto.logging_renderer = x"), http_port=1)
    assert capsys.readouterr().err == ""


def test_a_lasting_storage_needs_a_secret(ini):
    with pytest.raises(UnsafeSecret):
        preflight.check_file(ini(SQLITE), http_port=1)


def test_the_secret_may_come_from_the_environment(ini, monkeypatch):
    monkeypatch.setenv("KINTO_USERID_HMAC_SECRET", "2f6a")
    preflight.check_file(ini(SQLITE), http_port=1)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "kinto.example.com"])
def test_basicauth_within_reach_of_others_warns_loudly(ini, capsys, host):
    preflight.check_file(ini("multiauth.policies = basicauth", host=host), http_port=1)
    shown = capsys.readouterr().err
    assert "WARNING" in shown and host in shown and "ANY" in shown


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "localhost", "::1", "[::1]"])
def test_loopback_addresses_are_silent(ini, capsys, host):
    preflight.check_file(ini("multiauth.policies = basicauth", host=host), http_port=1)
    assert capsys.readouterr().err == ""


def test_other_policies_are_silent(ini, capsys):
    preflight.check_file(ini("multiauth.policies = account", host="0.0.0.0"), http_port=1)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("section", "hosts"),
    [
        ({}, ["0.0.0.0"]),
        ({"host": "::1"}, ["::1"]),
        ({"listen": "127.0.0.1:80 *:90"}, ["127.0.0.1", "*"]),
        ({"unix_socket": "/run/kinto"}, []),
    ],
)
def test_waitress_addresses_are_understood(section, hosts):
    assert preflight.listening_hosts(section) == hosts
