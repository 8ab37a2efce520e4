"""The README's commands, run as they are written against a server with nothing in it."""

import json
import re
import shlex
import subprocess

import pytest

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


@pytest.fixture
def send(tmp_path):
    """`send(command)`: run a curl command of the README, give status and decoded body."""
    server = embedded(tmp_path / "data")
    server.start()
    (tmp_path / ".curlrc").write_text('silent\nshow-error\nwrite-out = "\\n%{http_code}"\n')

    def run(command: str) -> tuple[int, dict]:
        done = subprocess.run(
            command.replace(WRITTEN_AT, server.url.removesuffix("/v1")),
            shell=True,
            check=True,
            capture_output=True,
            text=True,
            env={"CURL_HOME": str(tmp_path), "PATH": "/usr/local/bin:/usr/bin:/bin"},
            timeout=20,
        )
        body, _, status = done.stdout.rpartition("\n")
        return int(status), json.loads(body)

    yield run
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
