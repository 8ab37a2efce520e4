"""`kinto webhooks`: deliver without a server, look at dead letters, try them again."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
import webtest
from pyramid.paster import get_app

from kinto import __main__ as entry
from tests.receivers import running_receiver
from tests.servers import configured

SETTINGS = {
    "kinto.includes": "kinto.plugins.webhooks",
    "kinto.webhooks": "orders",
    "kinto.webhooks.deliver": "false",
    "kinto.webhooks.allow_private": "true",
    "kinto.webhooks.timeout_seconds": "0.5",
    "kinto.webhooks.poll_seconds": "0.05",
    "kinto.webhooks.keep_days": "0",
    "kinto.webhooks.orders.secret": "a secret of two servers",
}


@pytest.fixture
def receiver():
    with running_receiver() as running:
        yield running


@pytest.fixture
def webhooks(tmp_path, receiver, monkeypatch, user_headers, capsys):
    """`webhooks("status")`: what the command prints, for a server with one change to tell."""
    settings = {**SETTINGS, "kinto.webhooks.orders.url": receiver.url}
    configured(backend="sqlite", data=tmp_path, name="s0", threads=1, settings=settings)
    monkeypatch.chdir(tmp_path)
    app = webtest.TestApp(get_app("s0.ini"))
    app.put_json("/v1/buckets/b", headers=user_headers("ann"))

    def run(*arguments, code=0):
        assert entry.main(["webhooks", "--ini", "s0.ini", *arguments]) == code
        return capsys.readouterr().out

    return run


def test_an_event_is_delivered_by_the_command(webhooks, receiver):
    assert "1 event(s) waiting, 0 dead letter(s)\n  /buckets/b: 1\n" in webhooks("status")
    assert webhooks("deliver", "--once") == "1 event(s) delivered.\n"
    assert len(receiver.received) == 1
    assert "0 event(s) waiting" in webhooks("status")


def test_dead_letters_are_shown_retried_and_dropped(webhooks, receiver):
    receiver.answer = lambda to, received: to.reply(400)
    time.sleep(0.01)
    webhooks("deliver", "--once")
    (line,) = webhooks("dead").splitlines()
    assert "create /buckets/b: answered 400" in line
    assert "1 dead letter(s)" in webhooks("status")
    assert webhooks("retry", "orders", line.split()[1]).startswith("1 event(s)")
    webhooks("deliver", "--once")
    assert webhooks("drop", "orders") == "1 dead letter(s) removed.\n"
    assert "0 event(s) waiting, 0 dead letter(s)" in webhooks("status")


def test_a_hook_has_to_be_one(webhooks):
    assert "orders" in webhooks("retry", code=63)
    assert "orders" in webhooks("status", "nonsense", code=63)


def test_the_command_delivers_until_it_is_stopped(webhooks, receiver, tmp_path):
    command = [sys.executable, "-m", "kinto", "webhooks", "--ini", "s0.ini", "deliver"]
    process = subprocess.Popen(command, cwd=tmp_path)
    try:
        deadline = time.monotonic() + 20
        while not receiver.received:
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
        process.terminate()
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait(10)


def test_without_hooks_there_is_nothing_to_do(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KINTO_INI", "")
    (tmp_path / "plain.ini").write_text("[app:main]\nuse = egg:kinto\n")
    assert entry.main(["webhooks", "--ini", "plain.ini", "status"]) == 62
