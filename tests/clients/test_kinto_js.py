"""The published JavaScript client, `kinto` from npm, unmodified, under Node.

Two devices that edit offline and sync, the three conflict strategies, flushed servers, and the
HTTP client of the package: the suites are in `js/`, run by Node's own test runner. The packages
are installed once, as the lock file pins them.
"""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.clients.conftest import JS, program
from tests.servers import Backend, running_server

PAGED = {"kinto.paginate_by": "50"}
BACKOFF = {"kinto.backoff": "10"}
PERMISSIONS = {"kinto.experimental_permissions_endpoint": "true"}
SUITE_SECONDS = 300
TESTS = 84


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
