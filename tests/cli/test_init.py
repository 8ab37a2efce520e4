"""`kinto init`: questions, files, and what is never overwritten."""

import configparser
import re
import stat
from importlib.util import find_spec
from unittest import mock

import pytest
import webtest
from pyramid.paster import bootstrap

from kinto import __main__ as entry
from kinto import config
from kinto.cli import preflight
from kinto.cli.parser import BACKENDS, CACHE_BACKENDS
from kinto.plugins.accounts.scripts import create_user
from tests.databases import database_url
from tests.redis_server import memcached_host, redis_url


@pytest.fixture
def answers():
    """`answers("1", "")`: what is typed at the prompts; `asked` are the prompts."""

    def prepare(*given: str):
        return mock.patch.object(entry, "input", create=True, side_effect=list(given))

    return prepare


def read(path):
    parser = configparser.ConfigParser(
        interpolation=None, defaults={"here": "/h", "http_port": "1"}
    )
    parser.optionxform = str
    parser.read(path)
    return parser["app:main"]


def test_a_file_is_written_with_its_folders(kinto, replaced, here, caplog):
    caplog.set_level("INFO")
    path = here / "a" / "b" / "kinto.ini"
    code = kinto("init", "--ini", path, "--backend", "memory", "--cache-backend", "memory")
    assert code == 0 and path.exists()
    assert f"Created config {path}" in caplog.messages


def test_an_existing_file_is_left_alone(kinto, replaced, here, capsys):
    path = here / "kinto.ini"
    path.write_text("mine")
    assert kinto("init", "--ini", path, "--backend", "memory", "--cache-backend", "memory") == 1
    assert path.read_text() == "mine"
    assert capsys.readouterr().err.strip() == f"{path} already exists."


@pytest.mark.parametrize(
    ("typed", "storage", "cache"),
    [
        (["", ""], "kinto.core.storage.memory", "kinto.core.cache.memory"),
        (["2", "4"], "kinto.core.storage.sqlite", "kinto.core.cache.sqlite"),
        (["3", "3"], "kinto.core.storage.redis", "kinto.core.cache.redis"),
        (["x", "", "y", ""], "kinto.core.storage.memory", "kinto.core.cache.memory"),
    ],
)
def test_backends_are_asked(kinto, replaced, here, answers, typed, storage, cache):
    with answers(*typed) as asked:
        assert kinto("init", "--ini", "k.ini") == 0
    written = read("k.ini")
    assert (written["kinto.storage_backend"], written["kinto.cache_backend"]) == (storage, cache)
    first = asked.call_args_list[0].args[0]
    assert first.startswith("Select the backend you would like to use: (1 - postgresql, ")
    assert first.endswith("default - memory) ")


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_backend_that_is_offered_exists(kinto, replaced, here, backend):
    assert kinto("init", "--ini", "k.ini", "--backend", backend, "--cache-backend", "memory") == 0
    written = read("k.ini")
    for kind in ("storage", "permission"):
        assert find_spec(written[f"kinto.{kind}_backend"]) is not None


@pytest.mark.parametrize("backend", CACHE_BACKENDS)
def test_every_cache_that_is_offered_exists(kinto, replaced, here, backend):
    assert kinto("init", "--ini", "k.ini", "--backend", "memory", "--cache-backend", backend) == 0
    assert find_spec(read("k.ini")["kinto.cache_backend"]) is not None


def test_the_end_of_input_ends_the_command(kinto, replaced, here, answers, capsys):
    with answers() as asked:
        asked.side_effect = EOFError
        assert kinto("init", "--ini", "k.ini") == 1
    assert "give it as an option" in capsys.readouterr().err
    assert not (here / "k.ini").exists()


def test_an_unknown_backend_writes_nothing(kinto, replaced, here):
    with pytest.raises(KeyError, match="foo"):
        kinto("init", "--ini", "k.ini", "--backend", "foo", "--cache-backend", "memory")
    assert not (here / "k.ini").exists()


def test_each_file_has_secrets_of_its_own(kinto, replaced, here):
    secrets = set()
    for name in ("a.ini", "b.ini"):
        kinto("init", "--ini", name, "--backend", "memory", "--cache-backend", "memory")
        written = read(name)
        secrets |= {
            written["kinto.userid_hmac_secret"],
            written["kinto.default_bucket_hmac_secret"],
        }
    assert len(secrets) == 4
    assert all(re.fullmatch("[0-9a-f]{64}", secret) for secret in secrets)


def test_only_the_owner_reads_the_file(kinto, replaced, here):
    kinto("init", "--ini", "k.ini", "--backend", "memory", "--cache-backend", "memory")
    assert stat.S_IMODE((here / "k.ini").stat().st_mode) == 0o600


def test_accounts_and_personal_buckets_are_enabled(kinto, replaced, here):
    kinto("init", "--ini", "k.ini", "--backend", "memory", "--cache-backend", "memory")
    written = read("k.ini")
    assert written["kinto.includes"].split() == [
        "kinto.plugins.default_bucket",
        "kinto.plugins.accounts",
    ]
    assert written["multiauth.policies"] == "account"
    assert written["kinto.bucket_create_principals"] == "account:admin"


def test_memcached_servers_are_written_where_they_are_read(kinto, replaced, here):
    kinto("init", "--ini", "k.ini", "--backend", "memory", "--cache-backend", "memcached")
    assert read("k.ini")["kinto.cache_hosts"] == "127.0.0.1:11211 127.0.0.2:11211"


def test_the_file_listens_where_it_is_told(kinto, replaced, here):
    kinto(
        "init",
        *("--ini", "k.ini", "--host", "::1"),
        *("--backend", "memory", "--cache-backend", "memory"),
    )
    assert "host = ::1\n" in (here / "k.ini").read_text()


def test_a_backend_that_this_release_lacks_is_told(kinto, replaced, here, caplog):
    with mock.patch("kinto.cli.init.importlib.util.find_spec", return_value=None):
        kinto("init", "--ini", "k.ini", "--backend", "postgresql", "--cache-backend", "memory")
    assert any("has no postgresql storage yet" in message for message in caplog.messages)
    replaced.subprocess.check_call.assert_not_called()


ADDRESSES = {
    config.postgresql_url: database_url,
    config.redis_url: redis_url,
    config.memcached_hosts: memcached_host,
}


@pytest.mark.parametrize(
    ("backend", "cache"),
    [
        ("memory", "memory"),
        ("memory", "memcached"),
        ("sqlite", "sqlite"),
        ("postgresql", "postgresql"),
        ("postgresql", "redis"),
        ("redis", "redis"),
    ],
)
def test_the_file_of_each_backend_serves_the_administrator(kinto, here, backend, cache):
    """`init`, `migrate`, `create-user`, and the server that the file describes."""
    assert kinto("init", "--ini", "k.ini", "--backend", backend, "--cache-backend", cache) == 0
    text = (here / "k.ini").read_text()
    for written, real in ADDRESSES.items():
        if written in text:
            text = text.replace(written, real())
    (here / "k.ini").write_text(text)
    user = ("--username", "admin", "--password", "one long word")
    assert kinto("migrate", "--ini", "k.ini") == 0
    assert kinto("create-user", "--ini", "k.ini", *user) == 0
    preflight.check_file("k.ini", http_port=1)
    env = bootstrap("k.ini")
    try:
        if backend == "memory":  # what another process was told is gone
            create_user(env, username="admin", password="one long word")
        app = webtest.TestApp(env["app"])
        assert app.get("/v1/__heartbeat__", status=200).json["storage"] is True
        app.authorization = ("Basic", ("admin", "one long word"))
        assert app.put_json("/v1/buckets/b", status=201).json["data"]["id"] == "b"
        app.put_json("/v1/buckets/default/collections/c", status=201)
        app.authorization = ("Basic", ("admin", "another"))
        app.put_json("/v1/buckets/c", status=401)
    finally:
        env["closer"]()
