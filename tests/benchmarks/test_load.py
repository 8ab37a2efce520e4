"""The load generator counts complete answers, and only the expected ones."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from benchmarks import load

REQUEST = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"


def job(port: int, *, seconds: float = 0.05, status: int = 200) -> dict:
    return {
        "port": port,
        "requests": [REQUEST],
        "statuses": [status],
        "connections": 1,
        "seconds": seconds,
    }


@pytest.fixture
def answering(request: pytest.FixtureRequest) -> Iterator[int]:
    """The port of a server that answers with the parametrised pieces, again and again."""
    pieces: list[bytes] = request.param
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                answer(connection)

        def answer(connection: socket.socket) -> None:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with connection, suppress(ConnectionError):
                while connection.recv(65536):
                    for piece in pieces:
                        connection.sendall(piece)
                    if b"Connection: close" in pieces[0]:
                        return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)


WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody"
CUT = [WHOLE[:10], WHOLE[10:30], WHOLE[30:42], WHOLE[42:]]


@pytest.mark.parametrize("answering", [[WHOLE], CUT], indirect=True, ids=["whole", "in pieces"])
def test_answers_are_counted_however_they_arrive(answering: int) -> None:
    result = load.run(job(answering))
    assert result["requests"] > 3
    assert result["seconds"] >= 0.05


@pytest.mark.parametrize(
    "answering", [[b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n"]], indirect=True
)
def test_an_answer_without_a_body_is_complete_after_its_headers(answering: int) -> None:
    assert load.run(job(answering, status=304))["requests"] > 3


@pytest.mark.parametrize(
    "answering", [[WHOLE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")]], indirect=True
)
def test_a_connection_that_the_server_closes_is_opened_again(answering: int) -> None:
    assert load.run(job(answering))["requests"] > 3


@pytest.mark.parametrize("answering", [[WHOLE]], indirect=True)
def test_another_status_stops_the_measure(answering: int) -> None:
    with pytest.raises(load.UnexpectedAnswer, match="200 OK"):
        load.run(job(answering, status=201))
