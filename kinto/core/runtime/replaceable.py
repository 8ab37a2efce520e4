"""Names that extensions replace in their tests: looked up at each use, where they replace them."""

from __future__ import annotations

import sys
from typing import Any


def replaced(module: str, name: str, default: Any) -> Any:
    """The present value of `name` in a face, or `default` when the face is not imported.

    Args:
        module: dotted path of the face, the target of `mock.patch`.
    """
    return getattr(sys.modules.get(module), name, default)
