"""Face of the statsd plugin, at the path that the setting `statsd_backend` names by default.

The core does not know its plugins: this one is looked up when somebody asks.
"""

from importlib import import_module
from typing import Any


def __getattr__(name: str) -> Any:
    """`load_from_config`, and the rest of `kinto.plugins.statsd`."""
    if name.startswith("__"):
        raise AttributeError(name)
    try:
        plugin = import_module("kinto.plugins.statsd")
    except ModuleNotFoundError:
        raise AttributeError(f"the plugin kinto.plugins.statsd is missing ({name})") from None
    return getattr(plugin, name)
