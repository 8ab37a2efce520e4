"""Connections of waitress that stay open after an answer without a body, and hold no answer sent.

waitress closes after every answer that has no `Content-Length`. A 304 or a 204 has none and must
not have one, and its end is known nevertheless (RFC 9112, 6.3): a client that polls would open a
connection for each time that there is nothing new. And what it has sent on a connection it keeps,
up to 16 MB, to begin a new buffer then: a long answer would be in memory twice.

While one of its threads sends an answer, the one that waits for all connections need not: it would
find the connection writable, be unable to have it, and look again at once, all the time with
Python's lock, for which the thread that sends has to wait.
"""

from __future__ import annotations

from typing import Any

from waitress.buffers import OverflowableBuffer
from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer
from waitress.task import WSGITask


class _Task(WSGITask):  # type: ignore[misc]
    def set_close_on_finish(self) -> None:
        wants_to_close = self.request.headers.get("CONNECTION", "").lower() == "close"
        if self.has_body or self.version != "1.1" or wants_to_close:
            super().set_close_on_finish()


class _Channel(HTTPChannel):  # type: ignore[misc]
    task_class = _Task
    _is_sending = False

    def writable(self) -> Any:
        return not self._is_sending and super().writable()

    def _flush_some(self, do_close: bool = True) -> Any:
        # Only the threads of tasks leave it to others to close the connection. What they cannot
        # send they leave, too, and then they wake the thread that waits for all connections.
        self._is_sending = not do_close
        try:
            flushed = super()._flush_some(do_close=do_close)
        finally:
            self._is_sending = False
        if not self.total_outbufs_len and self.outbufs[-1].buf is not None:
            self.outbufs.pop().close()
            self.outbufs.append(OverflowableBuffer(self.adj.outbuf_overflow))
            self.current_outbuf_count = 0
        return flushed


def keep_open(sockets: dict[int, Any]) -> None:
    """Have the servers among these sockets keep connections open where they can."""
    for dispatcher in list(sockets.values()):
        if isinstance(dispatcher, BaseWSGIServer):
            dispatcher.channel_class = _Channel
