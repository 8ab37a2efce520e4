"""The import rules of the house that no linter knows: one function a rule.

`python scripts/house_rules.py` prints each breach as `file:line: rule` and exits 1 if there is
one. The layers themselves are contracts of import-linter, in `pyproject.toml`.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

CLOCK_AND_CHANCE = {"time", "random", "secrets", "uuid"}
MAY_READ_CLOCK_OR_CHANCE = {
    "kinto.core.runtime.clock",
    "kinto.core.runtime.randomness",
    # Suites of third parties replace `random` at promised paths of these.
    "kinto.core.storage",
    "kinto.core.storage.heartbeat",
    "kinto.core.cache",
    "kinto.core.cache.base",
    "kinto.core.initialization",
    "kinto.core.initialization.lifecycle",
}
MAY_RAISE_RESPONSES = (
    "kinto.core.http",
    "kinto.core.views",
    "kinto.core.cornice",
    "kinto.core.initialization",
    "kinto.views",
    "kinto.plugins",
)
ENTRY_POINTS = {"kinto", "kinto.core", "kinto.__main__"}
PLUGINS = "kinto.plugins"
# Rooms that plugins use as they are: time, chance and the way out have one source for everybody,
# units of work are for what runs outside requests, what a backend may raise is at a promised
# path, and a subscriber says at its definition what it has no use for.
FOR_PLUGINS = (
    "kinto.core.http.bystanders",
    "kinto.core.runtime.clock",
    "kinto.core.runtime.outgoing",
    "kinto.core.runtime.randomness",
    "kinto.core.runtime.secrets",
    "kinto.core.runtime.units",
    "kinto.core.storage.exceptions",
)
READS_ENVIRONMENT = ("kinto.core.settings", "kinto.cli")


@dataclass(frozen=True)
class Breach:
    """A rule that a line of a file does not keep."""

    path: Path
    line: int
    rule: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}"


@dataclass(frozen=True)
class Module:
    """A Python file, its dotted name and what it imports."""

    name: str
    path: Path
    is_package: bool
    source: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.source)

    @property
    def is_face(self) -> bool:
        """Whether it is at a promised path and only holds imports (`__getattr__` makes late ones)
        and `__all__`."""
        if not self.is_package and self.name.count(".") > 2:
            return False
        body = [node for node in self.tree.body if not _is_text(node)]
        return bool(body) and all(
            isinstance(node, (ast.Import, ast.ImportFrom)) or _is_listing(node) for node in body
        )

    def imports(self) -> Iterator[tuple[int, str]]:
        """Yield each imported module, or `module.name`, with its line."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def modules(root: Path = ROOT) -> dict[str, Module]:
    """Read every module of the package."""
    found = {}
    for path in sorted((root / "kinto").rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        found[name] = Module(name, path.relative_to(root), is_package, path.read_text("utf-8"))
    return found


def protocol_is_pure(house: dict[str, Module]) -> Iterator[Breach]:
    """Rule 2: `protocol` imports the standard library and itself."""
    for module in _within(house, "kinto.core.protocol"):
        for line, name in module.imports():
            own = name.startswith("kinto.core.protocol")
            if not own and name.partition(".")[0] not in sys.stdlib_module_names:
                yield Breach(module.path, line, f"protocol imports {name}")


def responses_at_the_edge(house: dict[str, Module]) -> Iterator[Breach]:
    """Rule 5: only the edge and the views make Pyramid responses."""
    for module in house.values():
        if module.name.startswith(MAY_RAISE_RESPONSES) or module.is_face:
            continue
        for line, name in module.imports():
            if name.startswith(("pyramid.httpexceptions", "pyramid.response", "webob")):
                yield Breach(module.path, line, f"{name} belongs to the edge (core.http, views)")


def settings_read_the_environment(house: dict[str, Module]) -> Iterator[Breach]:
    """Rule 6: nobody else reads the environment."""
    for module in house.values():
        if module.name.startswith(READS_ENVIRONMENT) or _is_apart(module):
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv"):
                if isinstance(node.value, ast.Name) and node.value.id == "os":
                    yield Breach(module.path, node.lineno, "the environment is read by settings")


def one_clock_one_chance(house: dict[str, Module]) -> Iterator[Breach]:
    """Rule 7: the time and chance come from `runtime`."""
    for module in house.values():
        if module.name in MAY_READ_CLOCK_OR_CHANCE or ".testing" in module.name:
            continue
        for line, name in module.imports():
            if name.partition(".")[0] in CLOCK_AND_CHANCE:
                yield Breach(module.path, line, f"{name} is for runtime/clock or randomness")
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Attribute) and node.attr in ("utcnow", "today"):
                yield Breach(module.path, node.lineno, "the time comes from runtime/clock")


def no_import_in_functions(house: dict[str, Module]) -> Iterator[Breach]:
    """Rule 9: an import inside a function hides a loop (optional libraries use `try`)."""
    for module in house.values():
        for function in ast.walk(module.tree):
            if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
                for node in ast.walk(function):
                    if isinstance(node, (ast.Import, ast.ImportFrom)):
                        yield Breach(module.path, node.lineno, "import inside a function")


def plugins_import_faces(house: dict[str, Module]) -> Iterator[Breach]:
    """Rule 4: a plugin imports faces, as one of somebody else would, and no other plugin."""
    for module in _within(house, PLUGINS):
        own = ".".join(module.name.split(".")[:3])
        for line, name in module.imports():
            if not name.startswith("kinto.") or name == own or name.startswith(f"{own}."):
                continue
            if name.startswith(PLUGINS):
                yield Breach(module.path, line, f"a plugin imports another one: {name}")
            if name.startswith((PLUGINS, *FOR_PLUGINS)):
                continue
            owner = name.rpartition(".")[0]
            faces = [face for face in (name, owner) if face in house and house[face].is_face]
            if not faces and owner not in ENTRY_POINTS:
                yield Breach(module.path, line, f"a plugin imports the room {name}")


def rooms_do_not_import_faces(house: dict[str, Module]) -> Iterator[Breach]:
    """Rule 10: our own code imports rooms; faces are for others, and for plugins."""
    for module in house.values():
        if module.is_face or _is_apart(module) or module.name.startswith(f"{PLUGINS}."):
            continue
        for line, name in module.imports():
            face = _face_named(house, name)
            if face is not None:
                yield Breach(module.path, line, f"a room imports the face {face}")


RULES = (
    protocol_is_pure,
    responses_at_the_edge,
    settings_read_the_environment,
    one_clock_one_chance,
    no_import_in_functions,
    plugins_import_faces,
    rooms_do_not_import_faces,
)


def breaches(root: Path = ROOT) -> list[Breach]:
    """Every breach of every rule, in the order of the rules."""
    house = modules(root)
    return [breach for rule in RULES for breach in rule(house)]


def main() -> int:
    """Print the breaches; returns 1 when there are any."""
    found = breaches()
    for breach in found:
        print(breach)
    return int(bool(found))


def _is_apart(module: Module) -> bool:
    """Entry points, and the suites that are shipped for others."""
    return module.name in ENTRY_POINTS or ".testing" in module.name


def _within(house: dict[str, Module], prefix: str) -> Iterator[Module]:
    return (
        module for name, module in house.items() if name == prefix or name.startswith(f"{prefix}.")
    )


def _face_named(house: dict[str, Module], name: str) -> str | None:
    """The face that `from <module> import <name>` reads, None when it reads a room."""
    if name in house:
        return name if house[name].is_face and not house[name].is_package else None
    owner = name.rpartition(".")[0]
    return owner if owner in house and house[owner].is_face else None


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_listing(node: ast.stmt) -> bool:
    """`__all__`, or what a face needs to import something only when it is looked at."""
    if isinstance(node, ast.FunctionDef):
        return node.name == "__getattr__"
    targets = node.targets if isinstance(node, ast.Assign) else []
    return any(isinstance(target, ast.Name) and target.id[0] == "_" for target in targets)


if __name__ == "__main__":
    sys.exit(main())
