"""The published JavaScript client, `kinto` from npm, unmodified, under Node.

Two devices that edit offline and sync, the three conflict strategies, flushed servers, and the
HTTP client of the package: the suites are in `js/`, run by Node's own test runner. The packages
are installed once, as the lock file pins them.
"""

import fcntl
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.servers import Backend, running_server

JS = Path(__file__).parent / "js"
PAGED = {"kinto.paginate_by": "50"}
BACKOFF = {"kinto.backoff": "10"}
PERMISSIONS = {"kinto.experimental_permissions_endpoint": "true"}
INSTALL_SECONDS = 180
SUITE_SECONDS = 300
TESTS = 84


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


@pytest.fixture(scope="module")
def addresses(backend: Backend, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict]:
    """The servers that the suites need, as environment variables (see `js/support.mjs`)."""
    wanted = {
        "KINTO_TEST_SERVER": PERMISSIONS,
        "KINTO_TEST_PAGED": PAGED,
        "KINTO_TEST_BACKOFF": BACKOFF,
    }
    with ExitStack() as stack:
        yield {
            variable: stack.enter_context(
                running_server(
                    backend=backend,
                    data=tmp_path_factory.mktemp("js"),
                    settings=settings,
                )
            ).url
            for variable, settings in wanted.items()
        }


def test_the_javascript_client_works_unmodified(packages: Path, addresses: dict[str, str]) -> None:
    done = subprocess.run(
        [program("node"), "--no-warnings", "--test", "--test-reporter=tap"],
        cwd=JS,
        check=False,
        env={**os.environ, **addresses},
        capture_output=True,
        text=True,
        timeout=SUITE_SECONDS,
    )
    counts = dict(
        re.findall(r"^# (tests|pass|fail|skipped|todo) (\d+)$", done.stdout, re.MULTILINE)
    )
    assert done.returncode == 0 and counts.get("fail") == "0", failures(done.stdout) + done.stderr
    assert int(counts["pass"]) == int(counts["tests"]) >= TESTS, f"not every test ran: {counts}"


def failures(tap: str) -> str:
    """The parts of the report that tell what failed, each with a few lines of its reason."""
    found = re.findall(r"^ *not ok .*\n(?: .*\n){0,14}", tap, re.MULTILINE)
    return "\n".join(found) or tap[-4000:]
