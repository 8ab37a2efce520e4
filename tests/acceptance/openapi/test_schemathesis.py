"""Many generated requests of every operation: in this process, and by the command `st run`
against a server on a socket, where its coverage phase also sends what no method, type or value
of the document allows."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.openapi.everything import USER, Everything, settings
from tests.openapi.fuzzing import Tally, operations, run
from tests.servers import configured

EXAMPLES = 100
BY_COMMAND = 40
SECONDS = 1800

LEFT_OUT = "ignored_auth,positive_data_acceptance,negative_data_rejection"
"""See tests/openapi/fuzzing.py for the reasons."""


@pytest.fixture(scope="module")
def everything(tmp_path_factory):
    return Everything(tmp_path_factory.mktemp("everything"))


@pytest.mark.parametrize("headers", [USER, {}], ids=["authenticated", "anonymous"])
def test_answers_are_those_that_the_document_names(everything, headers, report):
    tally = Tally()
    failures = {}
    for operation in operations(everything.wsgi):
        everything.reset()
        before = everything.reset if operation.method != "get" else lambda: None
        try:
            run(operation, callers=[headers], examples=EXAMPLES, tally=tally, before=before, seed=7)
        except Exception as failure:
            failures[operation.label] = str(failure)[-2000:]
    report(f"{tally.requests} requests of {len(tally.statuses)} operations")
    assert failures == {}


@pytest.mark.parametrize("credentials", [["--auth", "tester:secret"], []], ids=["basic", "none"])
def test_the_command_of_schemathesis_finds_nothing(credentials, tmp_path, report):
    chosen = {
        name if name.startswith("multiauth.") else f"kinto.{name}": str(value)
        for name, value in settings(tmp_path).items()
        if not name.endswith("_backend")
    }
    server = configured(backend="memory", data=tmp_path, settings=chosen)
    server.start()
    try:
        command = [str(Path(sys.executable).with_name("st")), "run", f"{server.url}/__api__"]
        command += ["--phases", "coverage,fuzzing", "--max-examples", str(BY_COMMAND)]
        command += ["--exclude-checks", LEFT_OUT, "--no-color", *credentials]
        # The console and the metrics answer any method alike, as their documentation says.
        command += ["--exclude-path-regex", "^/(admin|__metrics__)"]
        done = subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    finally:
        server.kill()
    cases = re.findall(r"Test cases:\s+(.*)", done.stdout)
    report(f"st run {' '.join(credentials)}: {cases}")
    assert done.returncode == 0, done.stdout[-6000:]
