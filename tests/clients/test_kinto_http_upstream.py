"""kinto-http's own functional tests, unmodified, from the source archive of its release.

Nothing of theirs is kept here: the archive is fetched from the package index once and cached,
and its two functional modules run beside our fixtures (`upstream/`), which replace the accounts
and flush plugins by basic authentication. Left out: what needs a plugin that is not the core.
"""

import os
import re
import shutil
import subprocess
import sys
import tarfile
from importlib.metadata import version
from pathlib import Path

import pytest

UPSTREAM = Path(__file__).parent / "upstream"
MODULES = ("test_functional.py", "test_functional_async.py")
LEFT_OUT = ("attachment", "test_get_permissions")
FETCH_SECONDS = 120
SUITE_SECONDS = 240


@pytest.fixture(scope="module")
def archive(pytestconfig: pytest.Config) -> Path:
    """The source archive of the installed kinto-http, fetched once (pytest's cache directory)."""
    release = version("kinto-http")
    folder = pytestconfig.cache.mkdir("kinto-http-sdist")
    found = list(folder.glob(f"kinto_http-{release}.tar.gz"))
    if not found:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += [
            "--no-binary",
            ":all:",
            "--dest",
            str(folder),
            f"kinto-http=={release}",
        ]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=FETCH_SECONDS
        )
        found = list(folder.glob(f"kinto_http-{release}.tar.gz"))
        if not found:
            pytest.skip(f"the package index gave no kinto-http archive: {done.stderr[-300:]}")
    return found[0]


@pytest.fixture
def suite(archive: Path, tmp_path: Path) -> Path:
    """A `tests` package holding their modules as published, and our fixtures."""
    tests = tmp_path / "tests"
    tests.mkdir()
    (tests / "__init__.py").touch()
    shutil.copy(UPSTREAM / "fixtures.py", tests / "conftest.py")
    shutil.copy(UPSTREAM / "support.py", tests)
    with tarfile.open(archive) as content:
        for member in content.getmembers():
            if Path(member.name).parent.name == "tests" and Path(member.name).name in MODULES:
                source = content.extractfile(member)
                assert source is not None
                (tests / Path(member.name).name).write_bytes(source.read())
    assert {path.name for path in tests.iterdir()} >= set(MODULES)
    return tests


def test_the_clients_own_functional_tests_pass(suite: Path, server_url: str) -> None:
    (suite.parent / "pytest.ini").write_text("[pytest]\nmarkers = asyncio\n")
    chosen = " and ".join(f"not {name}" for name in LEFT_OUT)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-c",
            "pytest.ini",
            "-k",
            chosen,
            "tests",
        ],
        cwd=suite.parent,
        env={**os.environ, "KINTO_TEST_SERVER": server_url, "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=SUITE_SECONDS,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed and int(passed[1]) >= 90, done.stdout[-500:]
