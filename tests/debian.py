"""Servers that only Debian's archive ships: fetched and laid out in a folder, never installed.

`program("nginx")` is the one of the system, else one unpacked into a folder that the runs of a
user share. Without any, the tests fail: they never skip.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SYSTEM = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])


class ServerMissing(RuntimeError):
    """There is no such server on this machine, and none could be had."""


@dataclass(frozen=True)
class Program:
    """Where a program is, and the folder of its libraries (empty: those of the system)."""

    path: str
    libraries: str = ""

    @property
    def environment(self) -> dict[str, str]:
        """What it has to be run with."""
        return {**os.environ, **({"LD_LIBRARY_PATH": self.libraries} if self.libraries else {})}


@cache
def program(name: str) -> Program:
    """The program of this name, from the package of the same name.

    Raises:
        ServerMissing: it is neither here nor could it be fetched.
    """
    if found := shutil.which(name, path=SYSTEM):
        return Program(found)
    folder = Path(tempfile.gettempdir()) / f"kinto-{name}-{os.getuid()}"
    if not folder.exists():
        _lay_out(name, folder)
    if folder.stat().st_uid != os.getuid():
        raise ServerMissing(f"{folder} belongs to somebody else")
    (path,) = (path for path in folder.glob(f"usr/*bin/{name}"))
    return Program(str(path), os.pathsep.join(map(str, folder.glob("usr/lib/*-linux-*"))))


def _lay_out(name: str, folder: Path) -> None:
    work = Path(tempfile.mkdtemp(prefix=f"kinto-{name}-"))
    work.chmod(0o755)
    try:
        _download([name], work)
        _download(_missing_libraries(name), work)
        for package in work.glob("*.deb"):
            subprocess.run(["dpkg", "-x", str(package), str(work / "root")], check=True)
        (work / "root").chmod(0o755)
        # Other test processes may do the same at the same time: the first one wins.
        try:
            (work / "root").rename(folder)
        except OSError:
            if not folder.exists():
                raise
    except (OSError, subprocess.SubprocessError) as error:
        raise ServerMissing(
            f"The tests need {name}: install it (fetching it from Debian failed: {error})"
        ) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _download(packages: list[str], folder: Path) -> None:
    """Download packages; with fresh lists when the ones at hand do not know them."""
    if not packages:
        return
    command = ["apt-get", "download", "-q", *packages]
    if subprocess.run(command, cwd=folder, capture_output=True, timeout=120).returncode != 0:
        subprocess.run(["apt-get", "update", "-q"], capture_output=True, timeout=300)
        subprocess.run(command, check=True, cwd=folder, capture_output=True, timeout=120)


def _missing_libraries(name: str) -> list[str]:
    """The libraries that a package names and that the system does not have."""
    told = subprocess.run(
        ["apt-cache", "depends", name], check=True, capture_output=True, text=True, timeout=60
    )
    named = re.findall(r"^  Depends: (lib\S+)", told.stdout, flags=re.MULTILINE)
    return [library for library in named if not _is_installed(library)]


def _is_installed(library: str) -> bool:
    asked = ["dpkg-query", "-W", "-f", "${Status}", library]
    told = subprocess.run(asked, check=False, capture_output=True, text=True, timeout=60)
    return told.stdout.endswith(" installed")
