"""Servers for the published clients: one run of them for each test module and backend; and what
the JavaScript clients need."""

import fcntl
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import Backend, running_server

JS = Path(__file__).parent / "js"
INSTALL_SECONDS = 180
SETTINGS = {"kinto.experimental_permissions_endpoint": "true"}


@pytest.fixture(params=["memory", "sqlite"], scope="module")
def backend(request: pytest.FixtureRequest) -> Backend:
    """Both backends; every client test runs on each."""
    return request.param


@pytest.fixture(scope="module")
def server_url(backend: Backend, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with pages of five, so that clients meet pagination everywhere."""
    data: Path = tmp_path_factory.mktemp("clients")
    settings = {**SETTINGS, "kinto.paginate_by": "5"}
    with running_server(backend=backend, data=data, settings=settings) as server:
        yield server.url


def program(name: str) -> str:
    """The path of `node` or `npm`; a missing one fails the test with what to do about it."""
    found = shutil.which(name)
    if found is None:
        pytest.fail(f"{name} is not installed: the JavaScript client needs Node 20 or later")
    return found


@pytest.fixture(scope="module")
def packages() -> Path:
    """`node_modules` as the lock file pins it; installed when absent or older than the lock.

    One process at a time looks and installs, since tests may run in several.
    """
    installed = JS / "node_modules" / ".package-lock.json"
    lock = JS / "package-lock.json"
    with lock.open() as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
            done = subprocess.run(
                [program("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                cwd=JS,
                check=False,
                capture_output=True,
                text=True,
                timeout=INSTALL_SECONDS,
            )
            assert done.returncode == 0, f"npm ci failed:\n{done.stdout}\n{done.stderr}"
            installed.touch()
    return JS / "node_modules"
