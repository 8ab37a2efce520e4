"""The commands of the operations pages, on servers of the tests: postgresql, redis, backup."""

import json
import os
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests import databases, factories
from tests.docs.blocks import DOCS, blocks_of
from tests.redis_server import separate_redis_url
from tests.servers import ROOT, embedded, free_port

PAGES = {path.name: path for path in (DOCS / "operations").glob("*.md")}


def block_of(page: str, language: str, *, containing: str = "") -> str:
    found = [b.content for b in blocks_of(PAGES[page]) if b.language == language]
    (content,) = (each for each in found if containing in each)
    return content


def settings_of(page: str) -> dict[str, str]:
    return dict(line.split(" = ", 1) for line in block_of(page, "ini").splitlines())


def run(command: str, folder: Path, environment: Mapping[str, str]) -> None:
    subprocess.run(
        ["bash", "-euc", command], cwd=folder, check=True, timeout=120, stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )  # fmt: skip


@pytest.fixture
def postgresql() -> dict[str, str]:
    """The environment of the client programs, for a server that is one of the tests."""
    parts = urlsplit(databases.database_url())
    return {"PGHOST": parts.hostname, "PGPORT": str(parts.port), "PGUSER": parts.username}


def test_postgresql_is_set_up_as_the_page_says(postgresql, tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    kinto = programs / "kinto"
    kinto.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m kinto "$@"\n')
    kinto.chmod(0o755)
    name = f"kinto_page_{free_port()}"
    lines = block_of("postgresql.md", "sh", containing="createdb").splitlines()
    make, init, migrate = lines
    path = f"{programs}:{databases.binaries()}:{os.environ['PATH']}"
    run(make.replace(" C kinto", f" C {name}"), tmp_path, {**postgresql, "PATH": path})
    run(init + " --host 127.0.0.1", tmp_path, {"PATH": path})
    ini = tmp_path / "config" / "kinto.ini"
    here = "postgresql://{PGUSER}@{PGHOST}:{PGPORT}/".format(**postgresql) + name
    text = ini.read_text()
    assert "kinto.storage_backend = kinto.core.storage.postgresql" in text
    ini.write_text(_with_address(text, here))
    run(migrate, tmp_path, {"PATH": path})


def _with_address(text: str, address: str) -> str:
    lines = [
        f"{line.partition(' = ')[0]} = {address}" if "_url = postgresql" in line else line
        for line in text.splitlines()
    ]
    return "\n".join(lines) + "\n"


def test_the_settings_for_postgresql_serve(tmp_path: Path) -> None:
    here = databases.database_url()
    settings = {
        name: here if value == "postgresql://kinto:secret@localhost/kinto" else value
        for name, value in settings_of("postgresql.md").items()
    }
    assert list(settings.values()).count(here) == 3
    serve(settings, tmp_path)


def test_the_settings_for_redis_serve(tmp_path: Path) -> None:
    written, here = "redis://:secret@localhost:6379", separate_redis_url().removesuffix("/0")
    settings = {
        name: value.replace(written, here) for name, value in settings_of("redis.md").items()
    }
    assert settings["kinto.cache_url"] == f"{here}/1"
    serve(settings, tmp_path)


def serve(settings: Mapping[str, str], folder: Path) -> None:
    """Build a server with these settings, and ask whether all of it works."""
    api = factories.build_api("memory", folder, **without_prefix(settings))
    assert all(api.get("/__heartbeat__").json.values())
    api.put("/buckets/b", headers=factories.credentials("ann"), status=201)


def without_prefix(settings: Mapping[str, str]) -> dict[str, str]:
    return {name.removeprefix("kinto."): value for name, value in settings.items()}


def test_a_backup_of_sqlite_holds_what_was_stored_while_the_server_runs(tmp_path: Path) -> None:
    server = embedded(tmp_path / "data")
    server.start()
    try:
        address = f"{server.url}/buckets/kept"
        request = urllib.request.Request(address, method="PUT")
        request.add_header("Authorization", "Basic YW5uOnNlY3JldA==")
        urllib.request.urlopen(request, timeout=20).close()
        copy = tmp_path / "copy.sqlite"
        script = block_of("backup.md", "python", containing="/srv/kinto/kinto.sqlite")
        for written, here in {
            "/srv/kinto/kinto.sqlite": str(tmp_path / "data" / "kinto.sqlite"),
            "/backups/kinto.sqlite": str(copy),
        }.items():
            script = script.replace(written, here)
        subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
    finally:
        server.kill()
    with sqlite3.connect(copy) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    url = f"sqlite:///{copy}"
    addresses = {f"{kind}_url": url for kind in ("storage", "permission", "cache")}
    secrets = json.loads((tmp_path / "data" / "secrets.json").read_text())
    restored = factories.build_api("sqlite", tmp_path, **addresses, **secrets)
    headers = {"Authorization": "Basic YW5uOnNlY3JldA=="}
    assert restored.get("/buckets/kept", headers=headers).json["data"]["id"] == "kept"
