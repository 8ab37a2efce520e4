"""The command as its entry point runs it, with what it takes from outside replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest

from kinto import __main__ as entry


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty current folder, without any variable of a server."""
    monkeypatch.chdir(tmp_path)
    for name in ("KINTO_INI", "KINTO_DATA"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def replaced(here) -> Iterator[SimpleNamespace]:
    """The names that suites replace in `kinto.__main__`."""
    with (
        mock.patch.object(entry, "bootstrap") as bootstrap,
        mock.patch.object(entry, "pserve") as pserve,
        mock.patch.object(entry, "core_scripts") as scripts,
        mock.patch.object(entry, "accounts_scripts") as accounts,
        mock.patch.object(entry, "subprocess") as subprocess,
        mock.patch.object(entry, "DEFAULT_CONFIG_FILE", "config/kinto.ini"),
    ):
        for called in (
            scripts.migrate,
            scripts.flush_cache,
            scripts.purge_deleted,
            accounts.create_user,
        ):
            called.return_value = 0
        pserve.main.return_value = 0
        bootstrap.return_value = {"registry": mock.sentinel.registry, "closer": mock.Mock()}
        yield SimpleNamespace(
            bootstrap=bootstrap,
            pserve=pserve,
            scripts=scripts,
            accounts=accounts,
            subprocess=subprocess,
        )


@pytest.fixture
def kinto() -> Callable[..., int]:
    """`kinto("start", "--port", "1")` runs the command and gives its exit code."""

    def run(*arguments: Any) -> int:
        try:
            return entry.main([str(argument) for argument in arguments])
        except SystemExit as end:
            return int(end.code or 0)

    return run


@pytest.fixture
def ini(here):
    """`ini("kinto.paginate_by = 5")`: a file with these lines in its application section."""

    def write(*lines: str, host: str = "127.0.0.1") -> str:
        path = here / "server.ini"
        path.write_text(
            f"[server:main]\nuse = egg:waitress#main\nhost = {host}\nport = %(http_port)s\n"
            "[app:main]\nuse = egg:kinto\n" + "\n".join(lines) + "\n"
        )
        return str(path)

    return write
