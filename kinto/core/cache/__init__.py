"""Cache backends: the contract, and how its health is asked."""

import random

from kinto.core.cache.base import CacheBase, CacheMetricsBackend, heartbeat, logger

__all__ = ["CacheBase", "CacheMetricsBackend", "heartbeat", "logger", "random"]
