"""A scaffolded plugin in an environment where nothing of ours is: only what pip installs."""

import subprocess
import sys
import time

from tests.cli.scaffolded import ask, start
from tests.servers import ROOT

SECONDS = 900


def run(*command: str, **options) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=SECONDS, check=False, **options
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def test_a_new_plugin_in_a_fresh_environment_works_at_the_first_start(tmp_path, report):
    began = time.monotonic()
    venv = tmp_path / "venv"
    run(sys.executable, "-m", "venv", str(venv))
    python = str(venv / "bin" / "python")
    run(python, "-m", "pip", "install", "--quiet", "-r", str(ROOT / "requirements.txt"))
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", str(ROOT))
    kinto = str(venv / "bin" / "kinto")
    run(kinto, "scaffold", "plugin", "tally", cwd=tmp_path)
    run(python, "-m", "pip", "install", "--quiet", f"{tmp_path / 'kinto-tally'}[test]")
    server = start(python, tmp_path, includes="tally")
    try:
        capabilities = ask(f"{server.url}/")["capabilities"]
        assert capabilities["tally"]["max_per_request"] == 100
    finally:
        server.kill()
    assert "6 passed" in run(python, "-m", "pytest", "-q", cwd=tmp_path / "kinto-tally")
    report(f"fresh environment, plugin, start and tests: {time.monotonic() - began:.0f} s")
