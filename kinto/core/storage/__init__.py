"""Storage of objects: the face that backends and plugins import."""

import random

from kinto.core.protocol.terms import (
    DEFAULT_DELETED_FIELD,
    DEFAULT_ID_FIELD,
    DEFAULT_MODIFIED_FIELD,
    MISSING,
    Filter,
    KintoObject,
    Missing,
    Sort,
)
from kinto.core.storage import exceptions, generators
from kinto.core.storage.base import StorageBase
from kinto.core.storage.heartbeat import heartbeat, logger

__all__ = [
    "DEFAULT_DELETED_FIELD",
    "DEFAULT_ID_FIELD",
    "DEFAULT_MODIFIED_FIELD",
    "MISSING",
    "Filter",
    "KintoObject",
    "Missing",
    "Sort",
    "StorageBase",
    "exceptions",
    "generators",
    "heartbeat",
    "logger",
    "random",
]
