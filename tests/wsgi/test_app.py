"""The WSGI module for servers that import one: it reads the file as `kinto start` does."""

import json
import subprocess
import sys

import pytest

from tests.servers import ROOT

PROGRAM = """
import json, webtest
from app import application
answer = webtest.TestApp(application).get("/v1/")
print(json.dumps(answer.json))
"""
FULL = """
[DEFAULT]
shared = from the default section

[server:main]
use = egg:waitress#main
port = %(http_port)s

[app:main]
use = egg:kinto
kinto.project_name = %(shared)s
kinto.version_json_path = %(here)s/Version.json
kinto.userid_hmac_secret = 1f2e
multiauth.policies = basicauth
"""


def hello(ini, **environ) -> dict:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), **environ, "KINTO_INI": str(ini)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def full(tmp_path):
    path = tmp_path / "server.ini"
    path.write_text(FULL)
    return path


def test_the_file_of_the_environment_is_served(full):
    described = hello(full)
    assert described["project_name"] == "from the default section"
    assert described["config"]["path"] == str(full)


def test_variables_of_the_environment_win(full):
    assert hello(full, KINTO_PROJECT_NAME="mine")["project_name"] == "mine"


def test_the_file_of_the_repository_is_a_working_server():
    assert "basicauth" in hello(ROOT / "config" / "kinto.ini")["capabilities"]
