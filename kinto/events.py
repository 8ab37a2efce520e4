"""Face: events of the application itself."""

from kinto.core.events.flushed import ServerFlushed

__all__ = ["ServerFlushed"]
