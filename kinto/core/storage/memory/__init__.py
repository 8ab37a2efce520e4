"""Storage in memory, and the toolbox it gives to other backends: the face of both."""

from kinto.core.storage.memory.base import MemoryBasedStorage
from kinto.core.storage.memory.store import Storage, load_from_config
from kinto.core.storage.memory.toolbox import (
    apply_filters,
    apply_sorting,
    canonical_json,
    extract_object_set,
    schwartzian_transform,
    tree,
)

__all__ = [
    "MemoryBasedStorage",
    "Storage",
    "apply_filters",
    "apply_sorting",
    "canonical_json",
    "extract_object_set",
    "load_from_config",
    "schwartzian_transform",
    "tree",
]
