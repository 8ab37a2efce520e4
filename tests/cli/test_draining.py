"""Stopping: what has begun is finished, then the process ends with 0."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from tests.servers import free_port

PROGRAM = """
import sys, time
from kinto.cli import draining

def app(environ, start_response):
    print("begun", flush=True)
    time.sleep(1)
    start_response("200 OK", [("Content-Length", "2000000")])
    return [b"x" * 2000000]

port = int(sys.argv[1])
if sys.argv[2] == "direct":
    draining.make_server(app, host="127.0.0.1", port=port).run()
else:
    import waitress
    with draining.graceful_waitress():
        waitress.serve(app, host="127.0.0.1", port=port)
print("ended", flush=True)
"""


@pytest.fixture(params=["direct", "paste"])
def server(request):
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(port), request.param],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if is_open(port):
            break
        time.sleep(0.05)
    process.port = port
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def is_open(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def test_a_request_that_has_begun_is_answered_whole(server):
    answers = []

    def ask():
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        connection.request("GET", "/")
        answers.append(connection.getresponse().read())
        connection.close()

    client = threading.Thread(target=ask)
    client.start()
    assert server.stdout.readline() == "begun\n"
    server.send_signal(signal.SIGTERM)
    client.join(10)
    assert server.wait(10) == 0
    assert [len(answer) for answer in answers] == [2000000]
    assert server.stdout.read() == "ended\n"


def test_nothing_new_is_accepted_while_draining(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("GET", "/")
    assert server.stdout.readline() == "begun\n"
    server.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + 10
    while is_open(server.port):
        assert time.monotonic() < deadline
    assert len(connection.getresponse().read()) == 2000000
    connection.close()


def test_idle_connections_do_not_hold_the_server(server):
    with socket.create_connection(("127.0.0.1", server.port)):
        server.send_signal(signal.SIGTERM)
        assert server.wait(15) == 0


def test_a_second_signal_stops_at_once(server):
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert server.stdout.readline() == "begun\n"
        os.kill(server.pid, signal.SIGTERM)
        time.sleep(0.2)
        os.kill(server.pid, signal.SIGTERM)
        assert server.wait(15) == 0
