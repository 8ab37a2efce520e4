"""The listening sockets of several workers on one address: one for each, where they share.

When several processes wait at one socket, the kernel wakes all, and whoever is awake already takes
every connection of a burst: clients that keep theirs then have one worker, and the others idle.
Linux deals connections out to the sockets that share an address, by a hash of both ends.
"""

from __future__ import annotations

import socket
import sys
from typing import Any

BACKLOG = 1024
_DEALS_OUT = sys.platform == "linux"


class Listeners:
    """Sockets that listen on one address.

    Args:
        address: host and port.
        family: of the address.
        count: of the workers.
    Raises:
        OSError: another program listens there.
    """

    def __init__(self, address: tuple[Any, ...], *, family: int, count: int) -> None:
        self._family = family
        # By itself: sockets that may share an address would also share it with a stranger.
        first = socket.create_server(address, family=family, backlog=BACKLOG)
        self.address: tuple[Any, ...] = first.getsockname()
        self._sockets: list[socket.socket | None] = [first] * count
        if _DEALS_OUT:
            first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            self._sockets[1:] = [self._another() for _ in range(count - 1)]

    def socket_of(self, number: int) -> socket.socket:
        """The socket of a worker, made anew if it was given up."""
        found = self._sockets[number]
        if found is None:
            found = self._sockets[number] = self._another()
        return found

    def strangers(self, number: int) -> list[socket.socket]:
        """The sockets that are not of this worker; it has to close them if it inherits them."""
        own = self._sockets[number]
        return [each for each in self._sockets if each is not None and each is not own]

    def give_up(self, number: int) -> None:
        """Let the others have the connections that would come to a worker that is dead.

        The last socket stays: whoever connects waits there until a worker is back.
        """
        own = self._sockets[number]
        if own is not None and self.strangers(number):
            self._sockets[number] = None
            own.close()

    def close(self) -> None:
        for each in self._sockets:
            if each is not None:
                each.close()

    def _another(self) -> socket.socket:
        return socket.create_server(
            self.address, family=self._family, backlog=BACKLOG, reuse_port=True
        )
