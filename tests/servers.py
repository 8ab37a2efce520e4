"""Real servers for the tests that need a socket: `kinto start` in processes of their own.

Everything stays on the loopback address, every wait is bounded, and every process is ended by
the id it was started under. The tests that talk to these servers use what the answers say and
nothing else; a server's own output is kept beside its data for the message of a failing test.
"""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Literal

from tests import databases
from tests.redis_server import separate_redis_url

Backend = Literal["memory", "sqlite", "postgresql", "redis"]

HOST = "127.0.0.1"
START_SECONDS = 30.0
STOP_SECONDS = 10.0
ROOT = Path(__file__).resolve().parent.parent

SETTINGS = {
    "kinto.userid_hmac_secret": "b4c96a8d91846eb4692291d88fe5a97d",
    "multiauth.policies": "basicauth",
}

LOGGING = """
[loggers]
keys = root, queue

[handlers]
keys = console

[formatters]
keys = plain

[logger_root]
level = WARNING
handlers = console

[logger_queue]
level = ERROR
handlers =
qualname = waitress.queue

[handler_console]
class = StreamHandler
args = (sys.stderr,)
level = NOTSET
formatter = plain

[formatter_plain]
format = %(asctime)s %(levelname)s %(name)s %(message)s
"""


class ServerDidNotStart(AssertionError):
    """The process ended, or was silent for too long; the message holds its output."""


@dataclass
class Server:
    """One `kinto start` process. `arguments` follow `start`; `log` receives its output."""

    arguments: Sequence[str]
    port: int
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where the API answers, version prefix included, without a slash at its end."""
        return f"http://{HOST}:{self.port}/v1"

    def start(self, *, seconds: float = START_SECONDS) -> None:
        """Run the process and return once it answers.

        Raises:
            ServerDidNotStart: it ended, or did not answer within `seconds`.
        """
        command = [sys.executable, "-m", "kinto", "start", *self.arguments]
        with self.log.open("ab") as output:
            self.process = self._run(command, output)
        deadline = time.monotonic() + seconds
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise ServerDidNotStart(f"{' '.join(command)}\n{self.log.read_text()[-4000:]}")
            time.sleep(0.02)

    def migrate(self) -> None:
        """Run `kinto migrate` with the same ini file."""
        command = [sys.executable, "-m", "kinto", "migrate", *self.arguments[:2]]
        with self.log.open("ab") as output:
            assert self._run(command, output).wait(START_SECONDS) == 0, self.log.read_text()

    def kill(self) -> None:
        """End the process at once, as a crash would (SIGKILL), and wait until it is gone."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(STOP_SECONDS)
            self.process = None

    def _run(self, command: Sequence[str], output: IO[bytes]) -> subprocess.Popen[bytes]:
        environment = {k: v for k, v in os.environ.items() if "KINTO" not in k} | {
            "PYTHONPATH": os.pathsep.join(
                filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")])
            ),
            **self.environment,
        }
        return subprocess.Popen(
            command,
            cwd=self.log.parent,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=1)
        try:
            connection.request("GET", "/v1/__lbheartbeat__")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


@dataclass(frozen=True)
class RunningServer:
    """What `running_server` yields: the processes, and the base URL of each one."""

    servers: tuple[Server, ...]

    @property
    def urls(self) -> tuple[str, ...]:
        return tuple(server.url for server in self.servers)

    @property
    def url(self) -> str:
        """The base URL of the first process."""
        return self.servers[0].url


@contextmanager
def running_server(
    *,
    backend: Backend = "memory",
    data: Path,
    processes: int = 1,
    threads: int = 4,
    settings: Mapping[str, str] | None = None,
) -> Iterator[RunningServer]:
    """Run `processes` servers over one store until the block ends.

    Arguments:
        backend: "memory", "sqlite" for one file in `data` shared by all processes,
            "postgresql" for a new database on the server of the tests, or "redis" for a new server.
        data: an existing directory for the ini files, the output and the database.
        processes: how many; with "memory", one.
        threads: worker threads of each process.
        settings: ini settings added to, or replacing, those of `SETTINGS`.
    """
    if backend == "memory" and processes > 1:
        raise ValueError("two processes cannot share a store in memory")
    servers: list[Server] = []
    try:
        for number in range(processes):
            server = configured(
                backend=backend,
                data=data,
                name=f"s{number}",
                threads=threads,
                settings=settings,
            )
            servers.append(server)
            if backend == "postgresql" and number == 0:
                server.migrate()
            server.start()
        yield RunningServer(tuple(servers))
    finally:
        for server in servers:
            server.kill()


def configured(
    *,
    backend: Backend,
    data: Path,
    name: str = "server",
    threads: int = 4,
    settings: Mapping[str, str] | None = None,
) -> Server:
    """A server that is not started yet, with an ini file of its own in `data`."""
    port = free_port()
    ini = data / f"{name}.ini"
    ini.write_text(
        ini_text(backend=backend, data=data, port=port, threads=threads, settings=settings)
    )
    return Server(["--ini", str(ini), "--port", str(port)], port, data / f"{name}.log")


def embedded(data: Path) -> Server:
    """A server that is not started yet: `kinto start --data`, what a newcomer runs."""
    port = free_port()
    data.mkdir(parents=True, exist_ok=True)
    return Server(["--data", str(data), "--port", str(port)], port, data / "server.log")


def ini_text(
    *,
    backend: Backend,
    data: Path,
    port: int,
    threads: int,
    settings: Mapping[str, str] | None = None,
) -> str:
    """The ini file of one server: `backend` for storage, permission and cache alike."""
    url = {"sqlite": f"sqlite:///{data / 'kinto.sqlite'}", "memory": ""}.get(backend)
    if url is None:
        url = database_of(data) if backend == "postgresql" else redis_of(data)
    backends: dict[str, str] = {}
    for kind in ("storage", "permission", "cache"):
        backends[f"kinto.{kind}_backend"] = f"kinto.core.{kind}.{backend}"
        backends[f"kinto.{kind}_url"] = url
    lines = [
        "[server:main]",
        "use = egg:waitress#main",
        f"host = {HOST}",
        f"port = {port}",
        f"threads = {threads}",
        "",
        "[app:main]",
        "use = egg:kinto",
    ]
    chosen = {**SETTINGS, **backends, **(settings or {})}
    lines += [f"{name} = {value}" for name, value in chosen.items()]
    return "\n".join(lines) + "\n" + LOGGING


def database_of(data: Path) -> str:
    """The address of the PostgreSQL database that belongs to a directory."""
    return _noted(data / "postgresql.url", databases.database_url)


def redis_of(data: Path) -> str:
    """The address of the Redis that belongs to a directory."""
    return _noted(data / "redis.url", separate_redis_url)


def _noted(note: Path, make: Callable[[], str]) -> str:
    if not note.exists():
        note.write_text(make())
    return note.read_text()


def wait_until_open(port: int, *, seconds: float = START_SECONDS) -> None:
    """Return once something listens on `port` of the loopback address.

    Raises:
        ServerDidNotStart: nothing did within `seconds`.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection((HOST, port), 1).close()
            return
        except OSError as error:
            if time.monotonic() > deadline:
                raise ServerDidNotStart(f"nothing listens on {port}") from error
            time.sleep(0.02)


def free_port() -> int:
    """A port of the loopback address that nothing listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
