"""What `load_from_config` takes."""

from types import SimpleNamespace
from typing import Any


def config(**settings: Any) -> Any:
    """A configurator that only has settings."""
    return SimpleNamespace(get_settings=lambda: settings)
