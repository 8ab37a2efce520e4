"""Storage in Redis or Valkey: the face of it."""

from kinto.core.storage.redis.backend import Storage, load_from_config

__all__ = ["Storage", "load_from_config"]
