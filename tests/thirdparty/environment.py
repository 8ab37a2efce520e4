"""An environment where our Kinto is the one that plugins find, and the archives of their suites.

Both are kept in pytest's cache folder. Ours is installed first, and a constraint lets pip take no
other: whatever a plugin requires, it fails rather than replace it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.servers import ROOT
from tests.thirdparty.suites import (
    DEPENDENCIES,
    SUITES,
    WITHOUT_THEIR_DEPENDENCIES,
    WIZARD_CLIENT,
    Suite,
)

INSTALL_SECONDS = 600
SUITE_SECONDS = 300


@dataclass(frozen=True)
class Environment:
    """A virtual environment in `folder`."""

    folder: Path

    @property
    def python(self) -> str:
        return str(self.folder / "bin" / "python")

    def run(self, *arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
        """Run its Python; it knows nothing of our own environment and its paths."""
        env = {key: os.environ[key] for key in os.environ if not key.startswith("PYTEST_")}
        env |= {"PYTHONDONTWRITEBYTECODE": "1", **options.pop("env", {})}
        options = {"capture_output": True, "text": True, "check": False} | options
        return subprocess.run([self.python, *arguments], env=env, **options)

    def install(self, *arguments: str) -> None:
        done = self.run("-m", "pip", "install", "--quiet", *arguments, timeout=INSTALL_SECONDS)
        assert done.returncode == 0, done.stderr[-3000:]

    def imported_kinto(self) -> Path:
        """The file of the package that `import kinto` finds, from a neutral folder."""
        done = self.run("-c", "import kinto; print(kinto.__file__)", cwd=self.folder)
        assert done.returncode == 0, done.stderr[-3000:]
        return Path(done.stdout.strip())


def plugins_environment(cache: Path) -> Environment:
    """Our Kinto, the plugins and what they need; made again when a list changes."""
    parts = [sys.version, (ROOT / "requirements.txt").read_text(), *DEPENDENCIES]
    parts += [*WITHOUT_THEIR_DEPENDENCIES, *(suite.requirement for suite in SUITES)]
    environment = Environment(cache / f"venv-{_digest(parts)}")
    finished = environment.folder / "finished"
    if not finished.exists():
        _create(environment, sys.executable)
        environment.install("-r", str(ROOT / "requirements.txt"))
        environment.install("--no-deps", "--no-build-isolation", "--editable", str(ROOT))
        guard = environment.folder / "constraints.txt"
        guard.write_text(f"kinto=={_our_version(environment)}\n")
        guarded = ("--constraint", str(guard))
        environment.install(*guarded, *DEPENDENCIES)
        plugins = [suite.requirement for suite in SUITES if suite.installed]
        environment.install(*guarded, "--no-deps", *WITHOUT_THEIR_DEPENDENCIES, *plugins)
        assert environment.imported_kinto() == ROOT / "kinto" / "__init__.py"
        finished.touch()
    return environment


def wizard_environment(cache: Path, python: str, requirement: str) -> Environment:
    """What the command kinto-wizard needs, without any Kinto: it is a client."""
    environment = Environment(cache / f"client-{_digest([python, requirement, *WIZARD_CLIENT])}")
    finished = environment.folder / "finished"
    if not finished.exists():
        _create(environment, python)
        environment.install(*WIZARD_CLIENT)
        environment.install("--no-deps", requirement)
        finished.touch()
    return environment


def newer_python() -> str | None:
    """A Python 3.12 or later on this machine."""
    if sys.version_info >= (3, 12):
        return sys.executable
    homes = sorted(Path.home().glob(".pyenv/versions/3.1[2-9]*/bin/python3"))
    for name in (*map(str, homes), "python3.12", "python3.13", "python3.14"):
        found = shutil.which(name)
        if (
            found
            and subprocess.run([found, "-c", ""], check=False, capture_output=True).returncode == 0
        ):
            return found
    return None


def source(suite: Suite, environment: Environment, cache: Path, target: Path) -> Path:
    """The folder of the unpacked source archive, with the files that it lacks."""
    folder = cache / "archives"
    stem = suite.name.replace("-", "[-_]")
    pattern = f"{stem}-{suite.release}.tar.gz"
    if not list(folder.glob(pattern)):
        command = ["-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
        command += ["--ignore-requires-python", "--dest", str(folder), suite.requirement]
        done = environment.run(*command, timeout=INSTALL_SECONDS)
        assert list(folder.glob(pattern)), done.stderr[-3000:]
    with tarfile.open(next(iter(folder.glob(pattern)))) as content:
        # Python 3.11.4 and later refuse archives that write elsewhere.
        safe: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        content.extractall(target, **safe)
    [unpacked] = target.iterdir()
    for path, text in suite.files.items():
        (unpacked / path).parent.mkdir(parents=True, exist_ok=True)
        (unpacked / path).write_text(text)
    return unpacked


def _create(environment: Environment, python: str) -> None:
    shutil.rmtree(environment.folder, ignore_errors=True)
    subprocess.run([python, "-m", "venv", str(environment.folder)], check=True)


def _our_version(environment: Environment) -> str:
    code = "from importlib.metadata import version; print(version('kinto'))"
    return environment.run("-c", code, cwd=environment.folder).stdout.strip()


def _digest(parts: list[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]
