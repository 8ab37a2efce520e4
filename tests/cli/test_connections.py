"""Over real sockets: which connections waitress leaves open."""

from __future__ import annotations

import http.client
import subprocess
import sys
import time

import pytest

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
