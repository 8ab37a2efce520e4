"""Short names of plugins: those that come with the server, and entry points of distributions.

In `includes`, a name without a dot is the short name of a plugin, or else a module. A
distribution declares its plugins in the entry point group `kinto.plugins`:

    [project.entry-points."kinto.plugins"]
    tally = "kinto_tally"
"""

from __future__ import annotations

import importlib.util
import pkgutil
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata

from kinto.core.settings.fields import InvalidSetting
from kinto.core.settings.names import nearest_name

GROUP = "kinto.plugins"
"""Name of the entry point group, and of the package of those that come with the server."""

OURS = "kinto"
"""The distribution that brings the package of that name."""


@dataclass(frozen=True)
class Plugin:
    """One that is installed.

    Args:
        name: the short name.
        path: what is included, as Pyramid takes it: `module` or `module:function`.
        distribution: the name and version that brought it.
    """

    name: str
    path: str
    distribution: str

    @property
    def module(self) -> str:
        return self.path.partition(":")[0]


class UnknownPlugin(InvalidSetting):
    """`includes` names a plugin that is not installed."""

    def __init__(self, name: str, nearest: str | None) -> None:
        expected = "the short name of an installed plugin (see `kinto plugins`), or a module"
        super().__init__("includes", name, expected)
        self.nearest = nearest

    def __str__(self) -> str:
        said = f"Setting 'includes' names the plugin '{self.value}', which is not installed"
        if self.nearest:
            return f"{said}; did you mean '{self.nearest}'?"
        return f"{said}. Expected {self.expected}."


def installed() -> dict[str, list[Plugin]]:
    """The plugins by short name, each with all that go by it; ours first."""
    found: dict[str, list[Plugin]] = {}
    for plugin in [*_bundled(), *_declared()]:
        known = found.setdefault(plugin.name, [])
        if all(other.path != plugin.path for other in known):
            known.append(plugin)
    return dict(sorted(found.items()))


def resolve(includes: Iterable[str]) -> list[str]:
    """What to include for each name of the setting.

    Raises:
        UnknownPlugin: a name is neither a short name nor a module.
        InvalidSetting: two distributions declare the same short name.
    """
    names = list(includes)
    plugins = installed() if any(_is_looked_up(name) for name in names) else {}
    return [_resolved(name, plugins) for name in names]


def _resolved(name: str, plugins: Mapping[str, list[Plugin]]) -> str:
    if not _is_looked_up(name):
        return name
    candidates = plugins.get(name, [])
    # One of ours cannot be taken over by another distribution.
    if len(candidates) > 1 and not candidates[0].path.startswith(f"{GROUP}."):
        choices = " or ".join(f"'{plugin.path}'" for plugin in candidates)
        raise InvalidSetting("includes", name, f"{choices}, which both go by this name")
    if candidates:
        return candidates[0].path
    if _exists(name):
        return name
    known = {*plugins, *(plugin.path for found in plugins.values() for plugin in found)}
    raise UnknownPlugin(name, _nearest(name, known))


def _is_looked_up(name: str) -> bool:
    """Short names; and full names of ours, for the sake of a good message."""
    return "." not in name.partition(":")[0] or name.startswith(f"{GROUP}.")


def _nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that resembles this one, also when it is in another number (`quota`)."""
    choices = set(known)
    for other in (f"{name}s", name.removesuffix("s"), name.replace("-", "_")):
        if other in choices:
            return other
    return nearest_name(name, choices)


def _exists(path: str) -> bool:
    module = path.partition(":")[0]
    try:
        return module in sys.modules or importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def _bundled() -> Iterable[Plugin]:
    package = importlib.util.find_spec(GROUP)
    folders = (package and package.submodule_search_locations) or ()
    distribution = f"{OURS} {metadata.version(OURS)}"
    for module in pkgutil.iter_modules(folders):
        yield Plugin(module.name, f"{GROUP}.{module.name}", distribution)


def _declared() -> Iterable[Plugin]:
    for point in metadata.entry_points(group=GROUP):
        dist = point.dist
        source = f"{dist.name} {dist.version}" if dist is not None else "unknown"
        yield Plugin(point.name, point.value.replace(" ", ""), source)
