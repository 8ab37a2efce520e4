"""Face: listeners of the settings."""

from kinto.core.listeners.base import ListenerBase

__all__ = ["ListenerBase"]
