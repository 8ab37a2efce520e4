"""What the shared compiler of filters and sorts needs to know about PostgreSQL.

Values are compared as JSONB, which holds numbers exactly and orders them as the protocol does.
Two details are the database's: equality of an integer and a double beyond 2**53 is decimal, and
texts and attribute names deep inside arrays and objects sort as the database sorts texts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY as ARRAY_TYPE
from sqlalchemy.dialects.postgresql import JSON, JSONB, psycopg2

from kinto.core.protocol.values import ARRAY, BOOLEAN, NULL, NUMBER, OBJECT, STRING
from kinto.core.runtime import json
from kinto.core.storage.sql.operands import (
    Binds,
    Expression,
    Native,
    Operand,
    Place,
    constant,
)
from kinto.core.storage.sql.statements import Compiler
from kinto.core.storage.sql.tables import objects

PATHS, NOWHERE = "paths", "nowhere"

_MOST_DOTS = 4
"""More of them would make too many paths, since names may hold dots: 2 to the power of dots."""

_SQL_DIALECT: Any = psycopg2.dialect
_SQL_DIALECT = _SQL_DIALECT()
_NO_VALUE = '"no JSON here holds a NUL character"'
_TYPE_NAMES = {
    NULL: ("null",),
    STRING: ("string",),
    NUMBER: ("number",),
    BOOLEAN: ("true", "false"),
    ARRAY: ("array",),
    OBJECT: ("object",),
}


class PostgreSQLDialect:
    """See `operands.Dialect`.

    Args:
        byte_order: whether the database compares texts byte by byte by itself. Otherwise it is
            told to, and cannot use its indexes for it.
    """

    def __init__(self, *, byte_order: bool) -> None:
        self._byte_order = byte_order

    @property
    def type_names(self) -> Mapping[int, Sequence[str]]:
        return _TYPE_NAMES

    def locate(self, field: str) -> Place:
        if "\0" in field:
            return Place(NOWHERE)
        parts = field.split(".")
        if len(parts) - 1 > _MOST_DOTS:
            head, tail = parts[: _MOST_DOTS + 1], parts[_MOST_DOTS + 1 :]
            parts = [*head[:-1], ".".join([head[-1], *tail])]
        names = [".".join(parts[i:j]) for i in range(len(parts)) for j in _ends(i, len(parts))]
        return Place(PATHS, tuple(names))

    def operand(self, kind: str, count: int, binds: Binds) -> Operand:
        if kind == NOWHERE:
            value: Any = sa.cast(sa.null(), JSONB)
            return _operand(value, sa.cast(sa.null(), JSON))
        size = next(size for size in range(1, count + 1) if size * (size + 1) // 2 == count)
        names = {(i, j): next(binds) for i in range(size) for j in _ends(i, size)}
        value = _field(objects.c.data, names, 0, size, sa.func.jsonb_object_field)
        body = sa.cast(objects.c.body, JSON)
        text = _field(body, names, 0, size, sa.func.json_object_field)
        operand = _operand(value, text)
        if not self._byte_order:
            return operand
        shown = sa.func.jsonb_object_field_text(objects.c.data, names[0, 1])
        return replace(operand, native=_native(value, shown if size == 1 else None))

    def quoted(self, operand: Operand) -> Operand:
        return replace(operand, json=sa.func.to_jsonb(operand.scalar))

    def bind_list(self, values: Sequence[Any]) -> list[Any]:
        return list(values)

    def ordered(self, text: Expression) -> Expression:
        return text if self._byte_order else sa.collate(text, "C")

    def in_list(self, expression: Expression, bind: Any) -> Expression:
        if isinstance(expression.type, JSONB):
            bind = sa.cast(bind, ARRAY_TYPE(JSONB))
        elif isinstance(expression.type, sa.String):
            bind = sa.cast(bind, ARRAY_TYPE(sa.Text))
        else:
            bind = sa.cast(bind, ARRAY_TYPE(sa.Numeric))
            expression = sa.cast(expression, sa.Numeric)
        return expression == sa.any_(bind)

    def order_value(self, value: Any) -> str:
        if isinstance(value, Mapping):
            pairs = sorted((name.encode("utf-8").hex(), item) for name, item in value.items())
            value = [list(pair) for pair in pairs]
        return self.identity_value(value)

    def order_of(self, json: Expression) -> Expression:
        kind = sa.func.jsonb_typeof(json)
        each = sa.func.jsonb_each(json).table_valued("key", "value")
        key = sa.func.encode(sa.func.convert_to(each.c.key, constant("UTF8")), constant("hex"))
        pairs = sa.func.jsonb_agg(
            postgresql.aggregate_order_by(sa.func.jsonb_build_array(key, each.c.value), key)
        )
        empty = sa.cast(constant("[]"), JSONB)
        inside = sa.select(sa.func.coalesce(pairs, empty)).scalar_subquery()
        parts = {constant("object"): inside, constant("array"): json}
        return sa.case(parts, value=kind, else_=sa.cast(sa.null(), JSONB))

    def identity_value(self, value: Any) -> str:
        text = json.dumps(value)
        return _NO_VALUE if "\\u0000" in text and _has_nul(value) else text

    def identity_of(self, json: Expression) -> Expression:
        return json

    def like_values(self, pattern: str) -> tuple[bool, tuple[Any, ...]]:
        if "\0" in pattern:
            return True, ("\\\\\1\1", "")  # no text has a NUL: almost no text has this
        native = pattern.isascii()
        folded = pattern.lower()
        escaped = folded.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        return native, (escaped.replace("*", "%") if "*" in escaped else f"%{escaped}%", "")

    def like(self, text: Expression, binds: Sequence[Any], *, native: bool) -> Expression:
        upper, lower = _ascii_letters() if native else _letters()
        folded = sa.func.translate(sa.cast(text, sa.Text), constant(upper), constant(lower))
        return folded.like(binds[0])

    def like_json(self, json: Expression, binds: Sequence[Any]) -> Expression:
        # Which letters to fold depends on the pattern: all of them are right for both.
        return self.like(json, binds, native=False)

    def holds(self, operand: Operand, kind: int, wanted: Any, count: Any) -> Expression:
        element = _elements(operand.json)
        of_type = sa.Text if kind == STRING else sa.Numeric
        each = sa.func.unnest(sa.cast(wanted, ARRAY_TYPE(of_type))).column_valued()
        listed = sa.select(sa.func.to_jsonb(each))
        if count is None:
            return sa.exists(sa.select(sa.literal_column("1")).where(element.in_(listed)))
        distinct = sa.select(sa.func.count(sa.distinct(element))).where(element.in_(listed))
        found: Expression = distinct.scalar_subquery() == count
        return found

    def contains(self, json: Expression, bind: Any, *, every: bool) -> Expression:
        wanted = sa.cast(bind, ARRAY_TYPE(JSONB))
        element = _elements(json)
        if not every:
            found: Any = sa.select(sa.literal_column("1")).where(element == sa.any_(wanted))
            return sa.exists(found)
        each = sa.func.unnest(wanted).column_valued()
        missing: Any = sa.select(sa.literal_column("1")).where(each.not_in(sa.select(element)))
        return sa.not_(sa.exists(missing))

    def parent_like(self, column: Expression, bind: Any) -> Expression:
        # The pattern as LIKE wants it was made by `reading`.
        return column.like(bind)


@cache
def compiler(byte_order: bool) -> Compiler:
    """The compiler for databases that do, or do not, compare texts byte by byte."""
    return Compiler(PostgreSQLDialect(byte_order=byte_order), _SQL_DIALECT)


def escape_like(pattern: str) -> str:
    """Return a pattern whose `*` is any text as one of LIKE; everything else is literal."""
    escaped = pattern.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return escaped.replace("*", "%")


def _operand(value: Any, text: Any) -> Operand:
    kind = sa.func.jsonb_typeof(value)
    whole = sa.cast(value, sa.Text)
    string = sa.cast(value.op("#>>")(sa.literal_column("'{}'")), sa.Text)
    when = {name: kind == constant(name) for name in ("string", "number", "boolean")}
    scalars: dict[int, Any] = {
        STRING: sa.case((when["string"], string)),
        NUMBER: sa.case((when["number"], sa.cast(whole, sa.Numeric))),
        BOOLEAN: sa.case((when["boolean"], sa.case((whole == constant("true"), 1), else_=0))),
    }
    scalars[BOOLEAN] = sa.case(
        (when["boolean"] & (whole == constant("true")), constant(1)),
        (when["boolean"], constant(0)),
    )
    return Operand(
        scalar=scalars[STRING],
        type=sa.case((when["boolean"], whole), else_=kind),
        json=value,
        scalars=scalars,
        text=sa.cast(text, sa.Text),
    )


def _native(value: Any, shown: Any) -> Native:
    kind = sa.func.jsonb_typeof(value)

    def is_text(bind: Any) -> Expression:
        if shown is None:
            alike: Expression = value == _as_jsonb(bind, STRING)
            return alike
        # Texts are compared in a third of the time: nearly all that differs is done with then.
        # The CASE is no condition of which the planner would expect that it holds for few.
        is_string = sa.case((kind == constant("string"), sa.true()), else_=sa.false())
        return sa.and_(shown == bind, is_string)

    return Native(
        value=value,
        kind=kind,
        array=constant("array"),
        object=constant("object"),
        misplaced=value == sa.cast(constant("[]"), JSONB),
        of=_as_jsonb,
        is_text=is_text,
    )


def _as_jsonb(bind: Any, kind: int) -> Any:
    # A subquery is worked out once, the function alone once for each row.
    return sa.select(_to_jsonb(bind, kind)).scalar_subquery()


def _to_jsonb(bind: Any, kind: int) -> Any:
    if kind == STRING:
        return sa.func.to_jsonb(sa.cast(bind, sa.Text), type_=JSONB)
    # JSON has no infinity, which stands for what no double can hold.
    bounded = sa.func.least(
        sa.func.greatest(sa.cast(bind, sa.Numeric), sa.literal_column("-1e400")),
        sa.literal_column("1e400"),
    )
    return sa.func.to_jsonb(bounded, type_=JSONB)


def _elements(value: Any) -> Any:
    """The elements of an array, one a row; none of anything else."""
    is_array = sa.func.jsonb_typeof(value) == constant("array")
    array = sa.case((is_array, value), else_=sa.cast(constant("[]"), JSONB))
    return sa.func.jsonb_array_elements(array, type_=JSONB).column_valued()


def _ends(start: int, size: int) -> range:
    return range(size, start, -1)


def _field(base: Any, names: Mapping[Any, Any], start: int, size: int, get: Any) -> Any:
    """The value of a dotted field: at each level the longest name that is present is followed."""
    whens = []
    for end in _ends(start, size):
        value = get(base, names[start, end], type_=JSONB)
        whens.append(
            (value.is_not(None), _field(value, names, end, size, get) if end < size else value)
        )
    if len(whens) == 1:
        return whens[0][1]
    return sa.case(*whens[:-1], else_=whens[-1][1])


def _has_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, Mapping):
        return any(map(_has_nul, value)) or any(map(_has_nul, value.values()))
    return isinstance(value, (list, tuple)) and any(map(_has_nul, value))


@cache
def _ascii_letters() -> tuple[str, str]:
    lower = "abcdefghijklmnopqrstuvwxyz"
    return lower.upper(), lower


@cache
def _letters() -> tuple[str, str]:
    """All letters that have one small letter; independent of what the server knows of them."""
    pairs = [
        (chr(code), chr(code).lower())
        for code in range(0x20000)
        if not 0xD800 <= code < 0xE000 and chr(code).lower() != chr(code)
    ]
    single = [(upper, lower) for upper, lower in pairs if len(lower) == 1]
    return "".join(upper for upper, _ in single), "".join(lower for _, lower in single)
