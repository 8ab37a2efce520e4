"""Walking through a page: its blocks are done in order, in an empty folder, as a reader would.

Shell, Python and JavaScript are run as they stand, but for the ports, which are free ones. A block
of JSON or text right after one that was run is what it has to say: `"..."` stands for any value,
and of a text each line has to be there (`...` alone stands for any lines). Requests of curl that
are not followed by such a block have to succeed.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tests.docs.blocks import EXPECTED, SHELL, Block
from tests.plugins.pages import holds
from tests.servers import ROOT, free_port, wait_until_open

USUAL_PORT = "8888"
SECONDS = 90
PACKAGES = ROOT / "tests" / "clients" / "js" / "node_modules"
STAND_IN_FOR_CURL = Path(__file__).parent / "curl.py"


@dataclass(frozen=True)
class Outcome:
    """What a block printed, and the statuses that curl saw."""

    output: str
    errors: str
    statuses: tuple[int, ...]


@dataclass
class Walk:
    """One reader in one folder."""

    folder: Path
    ports: dict[str, str] = field(default_factory=lambda: {USUAL_PORT: str(free_port())})
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.work = self.folder / "work"
        programs = self.folder / "programs"
        for each in (self.work, programs):
            each.mkdir(parents=True)
        _write_program(programs / "kinto", f'exec "{sys.executable}" -m kinto "$@"')
        for name in ("python", "python3"):
            _write_program(programs / name, f'exec "{sys.executable}" "$@"')
        if not shutil.which("curl"):
            _write_program(programs / "curl", f'exec "{sys.executable}" "{STAND_IN_FOR_CURL}" "$@"')
        (self.folder / ".curlrc").write_text(
            'silent\nshow-error\nwrite-out = "%{stderr}status %{http_code}\\n"\n'
        )
        (self.folder / "environment").touch()
        if PACKAGES.exists():
            (self.work / "node_modules").symlink_to(PACKAGES)
        kept = {name: value for name, value in os.environ.items() if "KINTO" not in name}
        self.environment = {
            **kept,
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": f"{self.work}{os.pathsep}{ROOT}",
            "PYTHONWARNINGS": "ignore",
            "PYTHONUNBUFFERED": "1",
            "CURL_HOME": str(self.folder),
            "HOME": str(self.folder),
        }

    def do(self, blocks: list[Block]) -> None:
        """Do the blocks of a page, and hold what they say against what the page says."""
        for block in blocks:
            for port in re.findall(r"^serve on (\d+)$", block.marker):
                self.ports.setdefault(port, str(free_port()))
        for block, following in zip(blocks, [*blocks[1:], None], strict=True):
            if block.language in EXPECTED and not block.marker:
                continue  # compared when the one before it was run
            said = self.step(block)
            if said is None:
                continue
            if following is not None and following.language in EXPECTED and not following.marker:
                self._compare(said, following)
            else:
                assert all(status < 400 for status in said.statuses), (block.name, said)

    def step(self, block: Block) -> Outcome | None:
        """Do one block; None when it is not one that says something."""
        text = self._here(block.content)
        if name := block.marker.partition("file: ")[2]:
            path = self.work / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            return None
        if block.marker.startswith("serve"):
            self._serve(block, text)
            return None
        if block.language in SHELL:
            script = f"set -eu\n. ../environment\n{text}\nexport -p > ../environment\n"
            return self._run(block, ["bash", "-c", script])
        if block.language == "python":
            return self._run(block, [sys.executable, "-c", text])
        if block.language == "js":
            return self._run(block, ["node", "--input-type=module", "-e", text])
        raise AssertionError(f"{block.name}: nothing runs this, and no comment says why")

    def end(self) -> None:
        """Stop the servers of the page."""
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)
        self.running.clear()

    def _serve(self, block: Block, text: str) -> None:
        port = block.marker.partition("serve on ")[2] or USUAL_PORT
        if before := self.running.pop(port, None):
            before.terminate()
            before.wait(20)
        *lines, last = text.strip().splitlines()
        if last.startswith("kinto start") and "--port" not in last:
            last += f" --port {self.ports[port]}"
        script = "\n".join(["set -eu", ". ../environment", *lines, f"exec {last}"])
        log = self.folder / f"server-{port}.log"
        with log.open("ab") as output:
            self.running[port] = subprocess.Popen(
                ["bash", "-c", script], cwd=self.work, env=self.environment,
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip
        try:
            wait_until_open(int(self.ports[port]))
        except AssertionError as error:
            raise AssertionError(f"{block.name}: {error}\n{log.read_text()[-3000:]}") from error

    def _run(self, block: Block, command: list[str]) -> Outcome:
        done = subprocess.run(
            command, cwd=self.work, env=self.environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=SECONDS,
        )  # fmt: skip
        assert done.returncode == 0, f"{block.name}\n{done.stdout}\n{done.stderr}\n{self._logs()}"
        statuses = tuple(map(int, re.findall(r"^status (\d+)$", done.stderr, flags=re.MULTILINE)))
        return Outcome(done.stdout, done.stderr, statuses)

    def _compare(self, said: Outcome, block: Block) -> None:
        expected = self._here(block.content)
        if block.language == "json":
            found = _last_json(said.output)
            assert holds(found, json.loads(expected)), (
                f"{block.name}\nfound {json.dumps(found)}\n{said.errors}\n{self._logs()}"
            )
            return
        for line in filter(None, map(str.strip, expected.splitlines())):
            parts = [re.escape(part) for part in line.split("...")]
            assert re.search(".*".join(parts), said.output + said.errors), (
                f"{block.name}\n{line!r} is not in\n{said.output}{said.errors}\n{self._logs()}"
            )

    def _here(self, text: str) -> str:
        for written, port in self.ports.items():
            text = text.replace(f"127.0.0.1:{written}", f"127.0.0.1:{port}")
            text = re.sub(rf"(?<!\d){written}(?!\d)", port, text)
        return text

    def _logs(self) -> str:
        return "\n".join(path.read_text()[-3000:] for path in self.folder.glob("server-*.log"))


def _last_json(output: str) -> object:
    """The last JSON value that was printed."""
    decoder, position, found = json.JSONDecoder(), 0, None
    text = output.strip()
    while position < len(text):
        try:
            found, end = decoder.raw_decode(text, position)
        except ValueError:
            end = text.find("\n", position) + 1 or len(text)
        position = end
        while position < len(text) and text[position].isspace():
            position += 1
    return found


def _write_program(path: Path, line: str) -> None:
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)
