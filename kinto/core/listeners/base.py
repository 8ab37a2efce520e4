"""What a listener of the settings is."""

from __future__ import annotations

from typing import Any


class ListenerBase:
    """Base of listeners; a module offering one has `load_from_config(config, prefix)`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def __call__(self, event: Any) -> None:
        """Called inside the transaction with a `ResourceChanged` or `ResourceRead`."""
        raise NotImplementedError
