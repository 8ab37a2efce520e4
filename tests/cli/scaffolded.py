"""A server of another environment, and requests to it."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from tests.servers import Server, configured


@dataclass
class OfEnvironment(Server):
    """`kinto start` by another Python, which finds the Kinto of its own environment."""

    python: str = sys.executable

    def _run(self, command: Any, output: IO[bytes]) -> subprocess.Popen[bytes]:
        self.environment = {**self.environment, "PYTHONPATH": ""}
        return super()._run([self.python, *command[1:]], output)


def start(python: str, folder: Path, *, includes: str) -> OfEnvironment:
    """Serve with a plugin, on SQLite, until `kill` is called."""
    settings = {
        "kinto.includes": includes,
        "kinto.bucket_create_principals": "system.Authenticated",
    }
    found = configured(backend="sqlite", data=folder, settings=settings)
    server = OfEnvironment(found.arguments, found.port, found.log, python=python)
    server.start()
    return server


def ask(url: str, method: str = "GET", body: object = None) -> Any:
    """Send a request as the user `mat`; the JSON of the answer."""
    request = urllib.request.Request(url, method=method)
    request.add_header("Authorization", "Basic " + base64.b64encode(b"mat:secret").decode())
    if body is not None:
        request.add_header("Content-Type", "application/json")
        request.data = json.dumps(body).encode()
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)
