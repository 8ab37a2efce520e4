"""The servers of a run, each for the length of a block: ours, an older commit's, the floors."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.filling import prepare
from benchmarks.scenarios import Site
from tests.databases import database_url
from tests.servers import ROOT, Backend, Server, configured, free_port, wait_until_open

THREADS = 4
_SETTINGS = {"experimental_collection_schema_validation": "true"}


@contextmanager
def floor(kind: str, folder: Path) -> Iterator[Site]:
    """A server of `benchmarks.floor`."""
    port = free_port()
    address = {"sqlite": [str(folder / "floor.sqlite")], "postgresql": [database_url()]}
    command = [sys.executable, "-m", "benchmarks.floor", kind, str(port), *address.get(kind, [])]
    if kind not in address:
        command = command[:5]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        wait_until_open(port, seconds=60)
        yield Site(port, process.pid, "1")
    finally:
        process.kill()
        process.wait(10)


@contextmanager
def ours(
    backend: Backend, folder: Path, *, name: str, workers: int = 1, tree: Path = ROOT
) -> Iterator[Site]:
    """Kinto on an empty store, filled.

    Args:
        name: of its files in `folder`.
        tree: the sources it runs from.
    """
    data = folder / name
    data.mkdir()
    server = configured(backend=backend, data=data, name=name, threads=THREADS, settings=_SETTINGS)
    if workers > 1:
        server.arguments = [*server.arguments, "--workers", str(workers)]
    server.environment = {"PYTHONPATH": str(tree)}
    if backend == "postgresql":
        server.migrate()
    try:
        server.start()
        assert server.process is not None
        ini = None if backend == "memory" else data / f"{name}.ini"
        yield prepare(server.port, server.process.pid, ini=ini)
    finally:
        stop(server)


def stop(server: Server) -> None:
    """End a server and its workers, which drain when it is gone."""
    if server.process is not None:
        family = tree_of(server.process.pid)[1:]
        server.kill()
        deadline = time.monotonic() + 10
        while any(Path(f"/proc/{pid}").exists() for pid in family) and time.monotonic() < deadline:
            time.sleep(0.05)


@contextmanager
def worktree(revision: str, folder: Path) -> Iterator[Path]:
    """The sources of another commit, beside ours, for the length of the block."""
    path = folder / "older"
    git = ["git", "-C", str(ROOT), "worktree"]
    subprocess.run([*git, "add", "--detach", "-f", str(path), revision], check=True,
                   capture_output=True)  # fmt: skip
    try:
        yield path
    finally:
        subprocess.run([*git, "remove", "--force", str(path)], check=True, capture_output=True)


def tree_of(pid: int) -> list[int]:
    """A process and its children."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return [pid]
    return [pid, *map(int, children)]


def cpu_seconds(pid: int) -> float:
    """Seconds that a process and its children have computed."""
    ticks = 0
    for each in tree_of(pid):
        try:
            fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def busy_seconds() -> float:
    """Seconds that all cores of the machine have computed."""
    user, nice, system, _idle, _iowait, *interrupts = (
        int(text) for text in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:8]
    )
    return (user + nice + system + sum(interrupts)) / os.sysconf("SC_CLK_TCK")


def memory_kib(pid: int, name: str = "VmRSS") -> int:
    """A line of `/proc/PID/status`: `VmRSS` is what is resident, `VmHWM` the most it was."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise RuntimeError(f"process {pid} has no {name}")
