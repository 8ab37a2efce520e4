"""The suites of published plugins, unmodified, pass against our Kinto (`make thirdparty`).

The archives come from the package index at test time. What cannot pass is named in `suites.py`,
with its reason; a test that fails besides, or passes against the table, fails here.
"""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg2
import pytest

from tests.databases import own_server
from tests.redis_server import Redis
from tests.servers import ROOT
from tests.thirdparty.environment import (
    SUITE_SECONDS,
    Environment,
    newer_python,
    plugins_environment,
    source,
    wizard_environment,
)
from tests.thirdparty.suites import SUITES, Suite

START_SECONDS = 30
TRIES = 5
UPLOADS = Path("/tmp/server/attachments")
"""Where the configuration of kinto-wizard's tests keeps files."""


@pytest.fixture(scope="session")
def cache_folder(pytestconfig: pytest.Config) -> Path:
    return pytestconfig.cache.mkdir("thirdparty")


@pytest.fixture(scope="session")
def environment(cache_folder: Path) -> Environment:
    return plugins_environment(cache_folder)


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def wait_for(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while is_free(port):
        assert time.monotonic() < deadline, f"nothing listens on {port}"
        time.sleep(0.1)


def require_port(port: int) -> None:
    """The suites have their ports written in them, and empty what listens there."""
    if not is_free(port):
        pytest.skip(f"port {port} is taken by a server that is not ours to empty")


@contextmanager
def running(command: list[str], port: int, folder: Path) -> Iterator[None]:
    require_port(port)
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(port)
        yield
    finally:
        process.terminate()
        process.wait(START_SECONDS)


@contextmanager
def redis_server(environment: Environment, folder: Path) -> Iterator[dict[str, str]]:
    require_port(6379)
    # Not pytest's folder: the server may run as a user who cannot enter it.
    with tempfile.TemporaryDirectory(prefix="kinto-redis-") as data:
        server = Redis(Path(data), port="6379")
        server.port = 6379
        server.start()
        try:
            yield {}
        finally:
            server.kill()


@contextmanager
def postgresql_server(environment: Environment, folder: Path) -> Iterator[dict[str, str]]:
    with own_server() as server:
        connection = psycopg2.connect(server.url())
        connection.autocommit = True
        connection.cursor().execute("CREATE DATABASE testdb")
        connection.close()
        code = (
            "import ecdsa; print(ecdsa.SigningKey.generate(curve=ecdsa.NIST384p).to_pem().decode())"
        )
        key = environment.run("-c", code).stdout
        (folder / "tests/config/ecdsa.private.pem").write_text(key)
        yield {"PGPORT": str(server.port)}


@contextmanager
def kinto_server(environment: Environment, folder: Path) -> Iterator[dict[str, str]]:
    """Ours, with the suite's own configuration; emptying a server is open to nobody by default."""
    text = (folder / "tests/kinto.ini").read_text()
    opened = "use = egg:kinto\nkinto.flush_create_principals = system.Everyone"
    (folder / "tests/kinto.ini").write_text(text.replace("use = egg:kinto", opened))
    require_port(8888)
    UPLOADS.mkdir(parents=True)
    kinto = str(Path(environment.python).parent / "kinto")
    files = [environment.python, "-m", "http.server", "--directory", str(UPLOADS), "9999"]
    try:
        with (
            running([kinto, "start", "--ini", "tests/kinto.ini"], 8888, folder),
            running(files, 9999, folder),
        ):
            yield {}
    finally:
        shutil.rmtree(UPLOADS.parent)


SERVICES = {"redis": redis_server, "postgresql": postgresql_server, "server": kinto_server}


def run_suite(environment: Environment, folder: Path, env: dict[str, str], *chosen: str) -> str:
    """The report of pytest in an environment."""
    command = ["-m", "pytest", "-q", "-rfE", "-p", "no:cacheprovider", "-W", "ignore", "--tb=short"]
    if (folder / "src").is_dir():
        env = {**env, "PYTHONPATH": str(folder / "src")}
    done = environment.run(*command, *chosen, cwd=folder, env=env, timeout=SUITE_SECONDS)
    return done.stdout + done.stderr


def failures(report: str) -> set[str]:
    """Ids of the tests that failed or could not start."""
    return set(re.findall(r"^(?:FAILED|ERROR) (\S+)", report, flags=re.MULTILINE))


def test_our_kinto_is_the_one_that_plugins_import(environment):
    assert environment.imported_kinto() == ROOT / "kinto" / "__init__.py"
    shown = environment.run("-m", "pip", "show", "--files", "kinto").stdout
    assert f"Editable project location: {ROOT}" in shown
    assert not [line for line in shown.splitlines() if line.strip().startswith("kinto/")]


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.requirement)
def test_the_suite_of_a_plugin_passes(suite: Suite, environment, cache_folder, tmp_path):
    (tmp_path / "suite").mkdir()
    folder = source(suite, environment, cache_folder, tmp_path / "suite")
    runner, recovered = environment, 0
    if suite.needs_python_312:
        if (python := newer_python()) is None:
            pytest.skip("its tests need Python 3.12")
        runner = wizard_environment(cache_folder, python, suite.requirement)
    with ExitStack() as stack:
        env: dict[str, str] = {}
        for service in suite.needs:
            env |= stack.enter_context(SERVICES[service](environment, folder))
        report = run_suite(runner, folder, env)
        failed = failures(report)
        for name in [each for each in failed if each.endswith(suite.hurried or ("\0",))]:
            if any(not failures(run_suite(runner, folder, env, name)) for _ in range(TRIES)):
                failed.remove(name)
                recovered += 1
    [passed] = re.findall(r"\b(\d+) passed", report.splitlines()[-1])
    assert {name.rpartition("::")[2] for name in failed} == set(suite.failing), report[-6000:]
    assert int(passed) + recovered == suite.passed, report[-500:]
