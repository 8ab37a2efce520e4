"""`kinto start --workers`: who may, what happens when a worker dies, how all of them stop."""

import contextlib
import http.client
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import Server, configured, free_port

USER = {"Authorization": "Basic YW5uOnNlY3JldA=="}
PATIENCE = 20.0


def children(pid: int) -> list[int]:
    """The processes that `pid` started."""
    return [int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def ask(server: Server, method: str, path: str, body: object = None, **headers: str) -> tuple:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        content = None if body is None else json.dumps(body)
        connection.request(method, f"/v1{path}", content, {**USER, **headers})
        response = connection.getresponse()
        return response.status, response.read(), dict(response.getheaders())
    finally:
        connection.close()


def eventually(condition) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture(scope="module")
def shared(tmp_path_factory) -> Iterator[Server]:
    """Two workers on one SQLite file."""
    server = configured(backend="sqlite", data=tmp_path_factory.mktemp("workers"))
    server.arguments = [*server.arguments, "--workers", "2"]
    server.start()
    eventually(lambda: len(children(server.process.pid)) == 2)
    yield server
    server.kill()


@pytest.mark.parametrize("workers", ["0", "-1", "many"])
def test_a_number_of_workers_below_one_is_a_wrong_argument(kinto, here, workers, capsys):
    assert kinto("start", "--workers", workers) == 2
    assert "--workers" in capsys.readouterr().err


def test_backends_in_memory_cannot_be_shared(kinto, here, capsys):
    server = configured(backend="memory", data=here)
    assert kinto("start", *server.arguments, "--workers", "2") == 1
    message = capsys.readouterr().err
    assert "`storage_backend` and `permission_backend` and `cache_backend`" in message
    assert "SQLite, PostgreSQL or Redis" in message


def test_reloading_is_for_one_worker(kinto, here, capsys):
    server = configured(backend="sqlite", data=here)
    assert kinto("start", *server.arguments, "--workers", "2", "--reload") == 2
    assert "--reload is for one worker" in capsys.readouterr().err


def test_a_taken_port_is_told(kinto, here, capsys):
    with socket.create_server(("127.0.0.1", 0)) as other:
        arguments = ["--data", here / "data", "--port", other.getsockname()[1], "--workers", 2]
        assert kinto("start", *arguments) == 1
    assert "Another program listens there" in capsys.readouterr().err


def test_workers_that_cannot_make_the_application_end_the_server(tmp_path):
    server = configured(backend="sqlite", data=tmp_path, settings={"includes": "no.such.plugin"})
    server.arguments = [*server.arguments, "--workers", "2"]
    with server.log.open("ab") as log:
        process = server._run([sys.executable, "-m", "kinto", "start", *server.arguments], log)
    assert process.wait(PATIENCE) == 1
    assert "No module named" in server.log.read_text()


def test_what_one_worker_writes_the_other_reads(shared):
    path = f"/buckets/b{free_port()}"
    assert ask(shared, "PUT", path)[0] == 201
    assert {ask(shared, "GET", path)[0] for _ in range(20)} == {200}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("HEAD", "/", 200), ("OPTIONS", "/buckets", 200), ("GET", "/a%20%C3%A9", 404),
     ("GET", "/%ff", 400), ("GET", "/?a=%C3%A9", 200)],
)  # fmt: skip
def test_requests_are_understood_as_with_one_worker(shared, method, path, status):
    asked = {"Origin": "http://x", "Access-Control-Request-Method": "GET"}
    found, body, _ = ask(shared, method, path, **asked)
    assert found == status, body
    assert bool(body) == (method != "HEAD")


def test_a_body_in_chunks_is_read_whole(shared):
    connection = http.client.HTTPConnection("127.0.0.1", shared.port, timeout=10)
    pieces = [b'{"data": {"text": "', b"x" * 600_000, b'"}}']
    headers = {**USER, "Content-Type": "application/json"}
    connection.request("PUT", "/v1/buckets/chunks", iter(pieces), headers, encode_chunked=True)
    response = connection.getresponse()
    answer = json.loads(response.read())
    connection.close()
    assert (response.status, len(answer["data"]["text"])) == (201, 600_000)


def test_slow_bodies_do_not_keep_others_waiting(shared):
    head = b"PUT /v1/buckets/slow HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"
    slow = [socket.create_connection(("127.0.0.1", shared.port)) for _ in range(40)]
    try:
        for connection in slow:
            connection.sendall(head)
        time.sleep(0.2)
        assert [ask(shared, "GET", "/__lbheartbeat__")[0] for _ in range(10)] == [200] * 10
    finally:
        for connection in slow:
            connection.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux deals connections out")
def test_no_worker_is_left_without_connections(shared):
    eventually(lambda: len(children(shared.process.pid)) == 2)
    workers = children(shared.process.pid)
    clients = [socket.create_connection(("127.0.0.1", shared.port)) for _ in range(40)]
    try:
        eventually(lambda: sum(connected(worker, clients) for worker in workers) == 40)
        assert all(connected(worker, clients) > 5 for worker in workers)
    finally:
        for client in clients:
            client.close()


def connected(pid: int, clients: list[socket.socket]) -> int:
    """How many of these clients a process has accepted; others may be on their way out."""
    ports = {f"{client.getsockname()[1]:04X}" for client in clients}
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    ends = {f"socket:[{row[9]}]" for row in rows if row[2].rpartition(":")[2] in ports}
    links = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            links.add(os.readlink(link))
    return len(ends & links)


def test_a_killed_worker_is_replaced_while_the_service_goes_on(shared):
    before = children(shared.process.pid)
    for victim in before:
        os.kill(victim, signal.SIGKILL)
        eventually(lambda victim=victim: _two_without(shared, victim))
        assert ask(shared, "PUT", "/buckets/after")[0] in (200, 201)
    assert "Worker" in shared.log.read_text()


def _two_without(server: Server, victim: int) -> bool:
    now = children(server.process.pid)
    return len(now) == 2 and victim not in now


def test_sigterm_lets_requests_finish_and_ends_with_success(tmp_path):
    server = configured(backend="sqlite", data=tmp_path)
    server.arguments = [*server.arguments, "--workers", "2"]
    server.start()
    eventually(lambda: len(children(server.process.pid)) == 2)
    family = children(server.process.pid)
    body = json.dumps({"data": {"text": "x" * 1000}})
    idle = socket.create_connection(("127.0.0.1", server.port))
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    try:
        connection.request("GET", "/v1/__lbheartbeat__")  # this one has been accepted
        connection.getresponse().read()
        connection.putrequest("PUT", "/v1/buckets/b")
        headers = {**USER, "Content-Type": "application/json", "Content-Length": str(len(body))}
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders(body[:500].encode())
        time.sleep(0.5)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        connection.send(body[500:].encode())
        assert connection.getresponse().status == 201
        assert server.process.wait(PATIENCE) == 0  # the idle connection holds nobody
    finally:
        connection.close()
        idle.close()
    assert not any(Path(f"/proc/{pid}").exists() for pid in family)
    assert "Traceback" not in server.log.read_text()


def test_workers_do_not_outlive_their_supervisor(tmp_path):
    server = configured(backend="sqlite", data=tmp_path)
    server.arguments = [*server.arguments, "--workers", "2"]
    server.start()
    eventually(lambda: len(children(server.process.pid)) == 2)
    family = children(server.process.pid)
    server.kill()
    eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in family))
