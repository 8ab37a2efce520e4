"""The types of the public API serve those who use it: checked by mypy --strict, as they would."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import kinto
from tests.servers import ROOT

HERE = Path(__file__).parent
CONFIGURATION = """\
[mypy]
strict = true
follow_imports = silent
[mypy-colander.*,cornice.*,pyramid.*,pyramid_multiauth.*,requests.*,transaction.*,venusian.*]
ignore_missing_imports = true
[mypy-webob.*,webtest.*,zope.*,cornice_swagger.*,dateutil.*,jsonschema.*,jsonpatch.*]
ignore_missing_imports = true
[mypy-dockerflow.*,psycopg2.*,bcrypt.*,regex.*]
ignore_missing_imports = true
"""


@pytest.fixture
def mypy(tmp_path, pytestconfig):
    """`mypy(file)`: the lines that mypy says of a file, outside our own configuration."""
    configuration = tmp_path / "mypy.ini"
    configuration.write_text(CONFIGURATION)

    def run(name: str) -> list[str]:
        copy = tmp_path / name
        copy.write_text((HERE / name).read_text(encoding="utf-8"))
        command = [sys.executable, "-m", "mypy", "--config-file", str(configuration)]
        command += [
            "--cache-dir",
            str(pytestconfig.cache.mkdir("typing")),
            "--no-pretty",
            str(copy),
        ]
        env = {**os.environ, "MYPYPATH": str(ROOT)}
        done = subprocess.run(
            command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode in (0, 1), done.stderr
        return done.stdout.splitlines()

    return run


def test_what_a_plugin_author_writes_is_well_typed(mypy):
    assert mypy("downstream.py") == ["Success: no issues found in 1 source file"]


def test_mistakes_are_found_where_they_are(mypy):
    text = (HERE / "mistakes.py").read_text(encoding="utf-8")
    expected = {
        (number, found[1])
        for number, line in enumerate(text.splitlines(), start=1)
        if (found := re.search(r"  # ([a-z-]+)$", line))
    }
    said = "\n".join(mypy("mistakes.py"))
    found = re.findall(r"mistakes\.py:(\d+): error: .*\[([a-z-]+)\]$", said, flags=re.MULTILINE)
    assert {(int(number), code) for number, code in found} == expected, said


def test_the_package_says_that_it_is_typed():
    assert (Path(kinto.__file__).parent / "py.typed").is_file()


def test_what_is_promised_to_be_strict_is_checked_strictly():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    section = text.partition("[tool.mypy]")[2].partition("[[tool.mypy")[0]
    assert "strict = true" in section
    for name in ("protocol", "settings", "storage", "permission", "cache", "authorization"):
        assert f'"kinto.core.{name}"' in section
