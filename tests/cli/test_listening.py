"""Sockets of several workers on one address: who gets the connections, who keeps the port."""

import contextlib
import errno
import socket
import sys
from collections.abc import Callable, Iterator

import pytest

from kinto.cli.listening import Listeners

CONNECTIONS = 60
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux deals them out")


@pytest.fixture
def listen() -> Iterator[Callable[[int], Listeners]]:
    with contextlib.ExitStack() as stack:

        def make(count: int, port: int = 0) -> Listeners:
            made = Listeners(("127.0.0.1", port), family=socket.AF_INET, count=count)
            stack.callback(made.close)
            return made

        yield make


def connect(listeners: Listeners, stack: contextlib.ExitStack) -> None:
    for _ in range(CONNECTIONS):
        stack.enter_context(socket.create_connection(listeners.address))


def accepted(listener: socket.socket) -> int:
    """How many connections wait at a socket."""
    listener.setblocking(False)
    count = 0
    with contextlib.suppress(BlockingIOError):
        while True:
            listener.accept()[0].close()
            count += 1
    return count


def test_every_worker_gets_a_share_of_the_connections(listen):
    three = listen(3)
    with contextlib.ExitStack() as stack:
        connect(three, stack)
        shares = [accepted(three.socket_of(number)) for number in range(3)]
    assert sum(shares) == CONNECTIONS
    assert min(shares) > 0


def test_a_dead_worker_gets_no_connections_until_it_is_back(listen):
    two = listen(2)
    two.give_up(0)
    with contextlib.ExitStack() as stack:
        connect(two, stack)
        assert accepted(two.socket_of(1)) == CONNECTIONS
        back = two.socket_of(0)
        connect(two, stack)
        assert accepted(back) > 0
        assert accepted(two.socket_of(1)) > 0


def test_the_last_socket_stays_when_all_workers_are_dead(listen):
    two = listen(2)
    two.give_up(1)
    two.give_up(0)
    with contextlib.ExitStack() as stack:
        connect(two, stack)
        assert accepted(two.socket_of(0)) == CONNECTIONS


@pytest.mark.parametrize("number", [0, 1])
def test_the_sockets_of_others_are_known_to_a_worker(listen, number):
    two = listen(2)
    assert two.strangers(number) == [two.socket_of(1 - number)]


@pytest.mark.parametrize("count", [1, 2])
def test_nobody_else_joins_the_address(listen, count):
    two = listen(2)
    with pytest.raises(OSError) as raised:
        listen(count, two.address[1])
    assert raised.value.errno == errno.EADDRINUSE
