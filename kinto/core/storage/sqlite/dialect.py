"""What the shared compiler of filters and sorts needs to know about SQLite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from kinto.core.protocol.values import ARRAY, BOOLEAN, NULL, NUMBER, OBJECT, STRING
from kinto.core.runtime import json
from kinto.core.storage.sql.operands import Binds, Expression, Operand, Place, constant
from kinto.core.storage.sql.statements import Compiler
from kinto.core.storage.sql.tables import objects
from kinto.core.storage.sqlite.keys import identity_text, order_bytes

PATHS, UNUSUAL = "paths", "unusual"

_MOST_DOTS = 3
"""More of them would make too many paths, since names may hold dots: 2 to the power of dots."""

_LONGEST_LIKE = 10_000


_TYPE_NAMES = {
    NULL: ("null",),
    STRING: ("text",),
    NUMBER: ("integer", "real"),
    BOOLEAN: ("true", "false"),
    ARRAY: ("array",),
    OBJECT: ("object",),
}


class SQLiteDialect:
    """See `operands.Dialect`."""

    @property
    def type_names(self) -> Mapping[int, Sequence[str]]:
        return _TYPE_NAMES

    def locate(self, field: str) -> Place:
        parts = field.split(".")
        if len(parts) - 1 > _MOST_DOTS or not all(map(_is_usual, parts)):
            return Place(UNUSUAL, (field,))
        return Place(PATHS, tuple(_paths(parts, "$")))

    def operand(self, kind: str, count: int, binds: Binds) -> Operand:
        if kind == UNUSUAL:
            text = sa.func.kinto_field(objects.c.data, next(binds))
            return _operand(text, sa.literal_column("'$'"))
        paths = [next(binds) for _ in range(count)]
        return _operand(objects.c.data, _chosen_path(iter(paths), count))

    def quoted(self, operand: Operand) -> Operand:
        return replace(operand, json=sa.func.json_quote(operand.scalar))

    def bind_list(self, values: Sequence[Any]) -> str:
        return json.dumps(list(values))

    def ordered(self, text: Expression) -> Expression:
        return text

    def in_list(self, expression: Expression, bind: Any) -> Expression:
        listed = sa.func.json_each(bind).table_valued("value")
        return expression.in_(sa.select(listed.c.value))

    def order_value(self, value: Any) -> bytes:
        return order_bytes(value)

    def order_of(self, json: Expression) -> Expression:
        return sa.func.kinto_order(json)

    def identity_value(self, value: Any) -> str:
        return identity_text(value)

    def identity_of(self, json: Expression) -> Expression:
        return sa.func.kinto_identity(json)

    def like_values(self, pattern: str) -> tuple[bool, tuple[Any, ...]]:
        stars = pattern.count("*")
        # With a star in the middle of others SQLite goes back and tries again.
        simple = stars <= 1 or (stars == 2 and pattern[0] == "*" == pattern[-1])
        native = simple and pattern.isascii() and len(pattern) < _LONGEST_LIKE
        if "\0" in pattern or not native:
            return False, ("", pattern)
        escaped = pattern.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        return True, (escaped.replace("*", "%") if stars else f"%{escaped}%", pattern)

    def like(self, text: Expression, binds: Sequence[Any], *, native: bool) -> Expression:
        if native:
            return text.like(binds[0], escape="\\")
        return sa.func.kinto_like(text, binds[1])

    def like_json(self, json: Expression, binds: Sequence[Any]) -> Expression:
        return sa.func.kinto_like_json(json, binds[1])

    def holds(self, operand: Operand, kind: int, wanted: Any, count: Any) -> Expression:
        element = operand.elements
        names = [constant(name) for name in _TYPE_NAMES[kind]]
        found = sa.and_(element.c.type.in_(names), self.in_list(element.c.value, wanted))
        if count is None:
            return sa.exists(sa.select(element.c.value).where(found))
        distinct = sa.func.count(sa.distinct(element.c.value))
        counted = sa.select(distinct).select_from(element).where(found)
        held: Expression = counted.scalar_subquery() == count
        return held

    def contains(self, json: Expression, bind: Any, *, every: bool) -> Expression:
        function = sa.func.kinto_contains_all if every else sa.func.kinto_contains_any
        return function(json, bind)

    def parent_like(self, column: Expression, bind: Any) -> Expression:
        return sa.func.kinto_parent(column, bind)


compiler = Compiler(SQLiteDialect(), sqlite.dialect(paramstyle="named"))


def _operand(text: Any, path: Any) -> Operand:
    elements = sa.func.json_each(text, path).table_valued("type", "value")
    return Operand(
        scalar=sa.func.json_extract(text, path),
        type=sa.func.json_type(text, path),
        json=text.op("->")(path),
        elements=elements,
    )


def _is_usual(name: str) -> bool:
    """Can a path of SQLite tell this name? Not so those that JSON escapes, accents apart."""
    return bool(name) and name.isprintable() and '"' not in name and "\\" not in name


def _paths(parts: list[str], root: str) -> list[str]:
    """The paths at which a dotted field may be, in the order in which `_chosen_path` tries them.

    At each level the longest name that is present is followed, and never another one.
    """
    paths = []
    for length in range(len(parts), 0, -1):
        path = f"{root}.{json.dumps('.'.join(parts[:length]))}"
        paths.append(path)
        if length < len(parts):
            paths.extend(_paths(parts[length:], path))
    return paths


def _chosen_path(paths: Any, count: int) -> Any:
    """The one of `count` paths made by `_paths` where the field is, if it is anywhere."""
    if count == 1:
        return next(paths)
    parts = count.bit_length()  # n parts have 2**n - 1 paths
    whens = []
    for length in range(parts, 0, -1):
        path = next(paths)
        rest = parts - length
        chosen = _chosen_path(paths, 2**rest - 1) if rest else path
        whens.append((sa.func.json_type(objects.c.data, path).is_not(None), chosen))
    return sa.case(*whens[:-1], else_=whens[-1][1])
