"""The README's commands, run as they are written against a server with nothing in it."""

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import urllib.request
from base64 import b64encode
from pathlib import Path

import pytest

from kinto.cli.commands import COMMANDS
from tests.servers import ROOT, embedded

README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
WRITTEN_AT = "http://127.0.0.1:8888"


def shell_commands(program: str) -> list[str]:
    blocks = re.findall(r"```bash\n(.*?)```", README, flags=re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    return [line for line in lines if line.startswith(f"{program} ")]


def as_curl(command: str) -> str:
    """An HTTPie command as the curl command that sends the same request."""
    words = shlex.split(command)[1:]
    method, address = words[0], WRITTEN_AT + words[1].removeprefix(":8888")
    user = words[words.index("-a") + 1]
    items = [word.partition(":=") for word in words if ":=" in word]
    body = {name: json.loads(value) for name, _, value in items}
    parts = ["curl", "-X", method, address, "-u", user]
    if body:
        parts += ["-H", "Content-Type: application/json", "-d", json.dumps(body)]
    return shlex.join(parts)


def by_curl(command: str, folder: Path) -> tuple[int, dict]:
    """Run the command itself."""
    (folder / ".curlrc").write_text('silent\nshow-error\nwrite-out = "\\n%{http_code}"\n')
    done = subprocess.run(
        command,
        shell=True,
        check=True,
        capture_output=True,
        text=True,
        env={"CURL_HOME": str(folder), "PATH": os.environ["PATH"]},
        timeout=20,
    )
    body, _, status = done.stdout.rpartition("\n")
    return int(status), json.loads(body)


def by_hand(command: str, folder: Path) -> tuple[int, dict]:
    """Send what the command would, where curl is not installed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("-X", default="GET")
    parser.add_argument("-u")
    parser.add_argument("-H", action="append", default=[])
    parser.add_argument("-d")
    args = parser.parse_args(shlex.split(command)[1:])
    request = urllib.request.Request(args.url, args.d and args.d.encode(), method=args.X)
    request.add_header("Authorization", "Basic " + b64encode(args.u.encode()).decode())
    for header in args.H:
        request.add_header(*header.split(": "))
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.status, json.load(answer)


@pytest.fixture(params=[by_hand, *([by_curl] if shutil.which("curl") else [])])
def send(request, tmp_path):
    """`send(command)`: do what a curl command of the README does, give status and body."""
    server = embedded(tmp_path / "data")
    server.start()
    address = server.url.removesuffix("/v1")
    yield lambda command: request.param(command.replace(WRITTEN_AT, address), tmp_path)
    server.kill()


def test_the_first_requests_do_what_the_text_says(send):
    answers = [send(command) for command in shell_commands("curl")]
    assert [status for status, _ in answers] == [201, 201, 201, 200, 200, 200, 200, 200]
    bucket, _, written, listed, patched, filtered, deleted, since = (body for _, body in answers)
    assert "system.Everyone" in bucket["permissions"]["write"]
    assert [record["title"] for record in listed["data"]] == ["Buy bread"]
    assert written["data"]["done"] is False and patched["data"]["done"] is True
    assert [record["id"] for record in filtered["data"]] == ["bread"]
    assert deleted["data"]["deleted"] is True
    assert since["data"] == [deleted["data"]]


def test_the_same_with_httpie(send):
    answers = [send(as_curl(command)) for command in shell_commands("http")]
    assert [status for status, _ in answers] == [201, 201, 201, 200]
    assert [record["title"] for record in answers[-1][1]["data"]] == ["Buy milk"]


def test_every_file_the_text_names_exists():
    links = re.findall(r"\]\(((?!http)[^)#]+)\)", README)
    assert links and all((ROOT / link).exists() for link in links), links


@pytest.mark.parametrize("page", sorted((ROOT / "docs").rglob("*.md")), ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page):
    links = re.findall(r"\]\(((?!http)[^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    missing = [link for link in links if not (page.parent / link).exists()]
    assert missing == []


def test_the_commands_of_the_text_are_targets():
    for target in re.findall(r"^make (\S+)", README, flags=re.MULTILINE):
        assert f"\n{target}:" in MAKEFILE


def test_every_target_has_its_help_line():
    (phony,) = re.findall(r"^\.PHONY: (.*)$", MAKEFILE, flags=re.MULTILINE)
    helped = re.findall(r"^([a-z-]+):.*## \S", MAKEFILE, flags=re.MULTILINE)
    assert helped == phony.split()
    assert {"help", "setup", "serve", "test", "lint", "docs", "bench"} <= set(helped)


def test_every_command_is_documented():
    page = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    missing = [name for name in COMMANDS if f"`kinto {name}" not in page]
    assert missing == []
