"""Over real sockets: which connections waitress leaves open, and what it keeps of what was sent."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest
from waitress.adjustments import Adjustments

from kinto.cli.connections import _Channel
from tests.cli.test_draining import is_open
from tests.servers import free_port

PROGRAM = """
import sys
from kinto.cli import draining

def app(environ, start_response):
    status = environ["PATH_INFO"].strip("/")
    start_response(status + " Some", [] if status in ("204", "304") else [("Content-Length", "2")])
    return [] if status in ("204", "304") else [b"ok"]

draining.make_server(app, host="127.0.0.1", port=int(sys.argv[1])).run()
"""


@pytest.fixture(scope="module")
def connection():
    port = free_port()
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(port)])
    deadline = time.monotonic() + 10
    while not is_open(port) and time.monotonic() < deadline:
        time.sleep(0.05)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    yield connection
    connection.close()
    process.kill()
    process.wait()


def ask(connection, status: str, **headers: str):
    connection.request("GET", f"/{status}", headers=headers)
    answer = connection.getresponse()
    answer.read()
    return answer


@pytest.mark.parametrize("status", ["304", "204"])
def test_an_answer_without_body_leaves_the_connection_open(connection, status):
    ask(connection, "200")
    opened = connection.sock
    for _ in range(3):
        answer = ask(connection, status)
        assert answer.getheader("Connection") is None
        assert answer.getheader("Content-Length") is None
        assert connection.sock is opened
    assert ask(connection, "200").status == 200
    assert connection.sock is opened


def test_a_client_that_wants_to_close_is_heeded(connection):
    assert ask(connection, "304", Connection="close").getheader("Connection") == "close"
    connection.close()


@pytest.fixture
def pair():
    """A channel of a server, and the socket of its client."""
    ours, theirs = socket.socketpair()
    server = SimpleNamespace(pull_trigger=lambda: None, active_channels={})
    channel = _Channel(server, ours, ("127.0.0.1", 1), Adjustments(), map={})
    yield channel, theirs
    channel.handle_close()
    theirs.close()


def test_what_was_sent_is_not_kept(pair):
    channel, client = pair
    for letter in (b"a", b"b"):
        channel.write_soon(letter * 50_000)
        assert client.recv(50_000, socket.MSG_WAITALL) == letter * 50_000
        assert channel.outbufs[-1].buf is None


def test_what_a_slow_client_has_not_read_is_kept_until_it_has(pair):
    channel, client = pair
    sent = [bytes([number]) * 100_000 for number in range(30)]
    for piece in sent:
        channel.write_soon(piece)
    assert channel.total_outbufs_len > 0
    client.settimeout(10)
    read = bytearray()
    while len(read) < 3_000_000:
        read += client.recv(100_000)
        channel.handle_write()
    assert read == b"".join(sent)
    assert not channel.total_outbufs_len
    assert channel.outbufs[-1].buf is None


def test_nobody_waits_to_send_what_is_being_sent(pair, monkeypatch):
    channel, client = pair
    meanwhile = []

    def send(data, do_close=True):
        meanwhile.append(bool(channel.writable()))
        return channel.socket.send(data)

    monkeypatch.setattr(channel, "send", send)
    channel.write_soon(b"whole")
    assert meanwhile == [False]
    assert client.recv(5, socket.MSG_WAITALL) == b"whole"
    assert not channel.writable()


def test_what_a_task_could_not_send_is_waited_for(pair, monkeypatch):
    channel, client = pair
    woken = []
    monkeypatch.setattr(channel.server, "pull_trigger", lambda: woken.append(channel.writable()))
    monkeypatch.setattr(channel, "send", lambda data, do_close=True: 0)
    channel.write_soon(b"left")
    assert len(woken) == 1
    assert woken[0]
    monkeypatch.undo()
    channel.handle_write()
    assert client.recv(4, socket.MSG_WAITALL) == b"left"
