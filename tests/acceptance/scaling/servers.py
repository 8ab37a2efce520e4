"""The servers of a service on many machines, all on this one: replicas, PgBouncer and nginx.

Their configuration is that of docs/operations/scaling.md, with ports and folders of a test. Each runs as an unprivileged user in a folder of its own, and is ended by its id.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2

from tests import debian
from tests.databases import UNPRIVILEGED, PostgreSQL, free_port
from tests.servers import ROOT, wait_until_open

STANDBY = "kinto_standby"
"""What the replica calls itself, and the primary waits for."""

PAGE = (ROOT / "docs" / "operations" / "scaling.md").read_text(encoding="utf-8")

NGINX = """
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/log;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{page}
}}
"""


def of_page(language: str, containing: str) -> str:
    """The block of docs/operations/scaling.md that has a text in it."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
    (found,) = (block for block in blocks if containing in block)
    return found


def statements_of_page(containing: str) -> list[str]:
    """The statements of a block of SQL."""
    return [each for each in map(str.strip, of_page("sql", containing).split(";")) if each]


class Member(PostgreSQL):
    """A PostgreSQL that is a primary, or a replica of another one."""

    def __init__(self, folder: Path, *, original: Member | None = None, **options: str) -> None:
        self._original = original
        super().__init__(folder, **options)

    def _create(self) -> None:
        if self._original is None:
            super()._create()
            return
        original = f"host=127.0.0.1 port={self._original.port} user=postgres"
        self._run("pg_basebackup", "-D", str(self.data), "-X", "stream", "--checkpoint=fast",
                  "-R", "-d", f"{original} application_name={STANDBY}")  # fmt: skip

    def ask(self, statement: str, *, database: str = "postgres") -> list[tuple]:
        """Run one statement as the administrator."""
        connection = psycopg2.connect(self.url(database), connect_timeout=5)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def wait_for_standby(self) -> None:
        """From now on nothing is acknowledged that the replica cannot show."""
        for statement in statements_of_page("synchronous_commit"):
            self.ask(statement)
        until(lambda: self.ask("SELECT sync_state FROM pg_stat_replication") == [("sync",)])

    def promote(self) -> None:
        """Make the primary of a replica, which waits for no other until it is told to."""
        self.ask("ALTER SYSTEM RESET synchronous_standby_names")
        self.ask("SELECT pg_reload_conf()")
        assert self.ask("SELECT pg_promote(true, 30)") == [(True,)]

    def stop_cleanly(self) -> None:
        """What `pg_ctl stop` does: sessions are ended, the replica is told everything."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        self.process.wait(60)


class Helper:
    """A server that serves what the folder's configuration says."""

    name: str
    command: Sequence[str]

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        found = debian.program(self.name)
        identity = {}
        if os.getuid() == 0:
            identity = {"user": UNPRIVILEGED, "group": UNPRIVILEGED, "extra_groups": []}
        with (self.folder / "output").open("wb") as output:
            self._process = subprocess.Popen(
                [found.path, *self.command], cwd=self.folder, env=found.environment,
                stdout=output, stderr=output, start_new_session=True, **identity,
            )  # fmt: skip
        wait_until_open(self.port)

    def reload(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(5)


class PgBouncer(Helper):
    """Few connections to PostgreSQL for the many of Kinto, each lent for one transaction."""

    name = "pgbouncer"

    def __init__(
        self, folder: Path, *, pool: int = 8, users: Sequence[str] = ("kinto", "postgres")
    ) -> None:
        super().__init__(folder)
        self.pool = pool
        self.command = [str(folder / "ini")]
        (folder / "users").write_text("".join(f'"{user}" ""\n' for user in users))

    def url(self, database: str, *, user: str = "kinto") -> str:
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def point_at(self, **databases: str) -> None:
        """Say where the databases are, by their addresses: at once, and to a running one too."""
        lines = ["[databases]"]
        for name, address in databases.items():
            parts = urlsplit(address)
            place = f"host={parts.hostname} port={parts.port} dbname={parts.path[1:]}"
            lines.append(f"{name} = {place}")
        own = {
            "listen_port": self.port,
            "auth_file": self.folder / "users",
            "default_pool_size": self.pool,
            "unix_socket_dir": "",
            "logfile": self.folder / "log",
            "pidfile": self.folder / "pid",
        }
        text = of_page("ini", "[pgbouncer]").partition("[pgbouncer]")[2]
        kept = [line for line in text.splitlines() if line.partition(" =")[0] not in own]
        lines += ["[pgbouncer]", *kept, *(f"{name} = {value}" for name, value in own.items())]
        (self.folder / "ini").write_text("\n".join(lines) + "\n")
        if self._process is not None:
            self.reload()


class Nginx(Helper):
    """One address for several Kinto processes."""

    name = "nginx"

    def __init__(self, folder: Path, ports: Sequence[int]) -> None:
        super().__init__(folder)
        self.command = ["-e", str(folder / "log"), "-p", str(folder), "-c", str(folder / "conf")]
        page = of_page("nginx", "upstream kinto")
        for written, port in zip(["8888", "8889", "8080"], [*ports, self.port], strict=True):
            page = page.replace(f"127.0.0.1:{written};", f"127.0.0.1:{port};")
        (folder / "conf").write_text(NGINX.format(folder=folder, page=page))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"


@contextlib.contextmanager
def folders() -> Iterator[Callable[[str], Path]]:
    """`new(name)`: a folder that the unprivileged user may write; all are gone at the end."""
    root = Path(tempfile.mkdtemp(prefix="kinto-scaling-"))
    root.chmod(0o755)

    def new(name: str) -> Path:
        folder = root / name
        folder.mkdir()
        if os.getuid() == 0:
            os.chown(folder, UNPRIVILEGED, UNPRIVILEGED)
        return folder

    try:
        yield new
    finally:
        shutil.rmtree(root, ignore_errors=True)


def until(condition: Callable[[], object], *, seconds: float = 30) -> None:
    """Return once the condition holds.

    Raises:
        AssertionError: it did not within `seconds`.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
