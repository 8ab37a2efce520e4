"""Libraries that may be absent: the module itself, or None."""

from __future__ import annotations

import importlib
from types import ModuleType


def optional_import(name: str) -> ModuleType | None:
    """Import a module by its dotted name; None when it, or something it needs, is missing.

    Any other failure of the import (a broken installation) is not hidden.
    """
    try:
        return importlib.import_module(name)
    except ImportError:
        return None
