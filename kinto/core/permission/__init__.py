"""Permission backends: the contract, and how its health is asked."""

from kinto.core.permission.base import PermissionBase, heartbeat, logger

__all__ = ["PermissionBase", "heartbeat", "logger"]
