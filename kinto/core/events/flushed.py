"""The event of a server that was emptied."""

from __future__ import annotations

from typing import Any


class ServerFlushed:
    """Everything was removed from storage, permissions and cache."""

    def __init__(self, request: Any) -> None:
        self.request = request
