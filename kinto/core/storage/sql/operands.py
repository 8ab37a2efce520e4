"""Where a field is, and what SQL says of it: its type, its value, its place in the order.

`Operand` is what filters and sorts are made of. Columns have one type for ever, so what is asked
of them is often known beforehand; attributes inside the JSON go through the dialect, which is
all that the SQL backends have of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from kinto.core.protocol.values import (
    ABSENT,
    ARRAY,
    BOOLEAN,
    NULL,
    NUMBER,
    OBJECT,
    STRING,
)
from kinto.core.storage.sql.tables import objects

Expression = ColumnElement[Any]
Binds = Iterator[Any]
"""The bound parameters of a statement, taken one after the other."""

ID, MODIFIED = "id", "last_modified"
CONTAINERS = (ARRAY, OBJECT)


class Place(NamedTuple):
    """The kind of place where a field is; `values` are the parameters that tell which one.

    Places of one kind and one number of values share their SQL text.
    """

    kind: str
    values: tuple[Any, ...] = ()

    @property
    def shape(self) -> tuple[str, int]:
        return self.kind, len(self.values)


class Native(NamedTuple):
    """A value as the database compares it; arrays and objects are above all others.

    Attributes:
        value: the value of the field, SQL NULL when the attribute is missing.
        kind: the name of its type, SQL NULL when the attribute is missing.
        array, object: two of these names.
        misplaced: what is below all others and should not be: the empty array.
        of: a bound text or number in the same form, by the rank of its type.
        is_text: whether the value is a text, and which one; takes a bound text.
    """

    value: Expression
    kind: Expression
    array: Expression
    object: Expression
    misplaced: Expression
    of: Callable[[Any, int], Expression]
    is_text: Callable[[Any], Expression]


@dataclass(frozen=True)
class Operand:
    """What SQL can say of one field.

    Attributes:
        kind: rank of the type when it is the same in every row; None when rows differ.
        type: name of the type of the value, SQL NULL when the attribute is missing.
        scalar: text, number, or 1 and 0 for booleans.
        json: JSON text of the value.
        elements: rows `(type, value)` of an array, as something to select from.
        scalars: where a column has one type only, `scalar` for each type of value.
        text: JSON text of the value, where `json` is something else.
        native: where the database orders texts, numbers and flags by itself as we do.
    """

    scalar: Expression
    kind: int | None = None
    type: Expression | None = None
    json: Expression | None = None
    elements: Any = None
    scalars: Mapping[int, Expression] | None = None
    text: Expression | None = None
    native: Native | None = None

    def scalar_of(self, kind: int) -> Expression:
        """Return the scalar of a value that is of this type."""
        return self.scalar if self.scalars is None else self.scalars[kind]


class Dialect(Protocol):
    """What one database has of its own.

    Lists are bound as one parameter each, whatever their length.
    """

    @property
    def type_names(self) -> Mapping[int, Sequence[str]]:
        """Names that `Operand.type` gives, by rank of the type (true before false)."""

    def locate(self, field: str) -> Place:
        """Return the place of an attribute inside the JSON."""

    def operand(self, kind: str, count: int, binds: Binds) -> Operand:
        """Return the operand of a place of this kind that has `count` values."""

    def quoted(self, operand: Operand) -> Operand:
        """Return the operand of a column with its JSON text."""

    def bind_list(self, values: Sequence[Any]) -> Any:
        """Return the parameter for a list of texts, or of numbers."""

    def ordered(self, text: Expression) -> Expression:
        """Return a text that compares in the order of code points."""

    def in_list(self, expression: Expression, bind: Any) -> Expression:
        """Is the expression one of the values of a bound list?"""

    def order_value(self, value: Any) -> Any:
        """Return a parameter that compares with `order_of`: the order of JSON values."""

    def order_of(self, json: Expression) -> Expression:
        """Return what arrays and objects are ordered by."""

    def identity_value(self, value: Any) -> str:
        """Return a text that equal JSON values share."""

    def identity_of(self, json: Expression) -> Expression:
        """Return the same in SQL."""

    def like_values(self, pattern: str) -> tuple[bool, tuple[Any, ...]]:
        """Return whether the native operator will do, and two parameters for `like`."""

    def like(self, text: Expression, binds: Sequence[Any], *, native: bool) -> Expression:
        """Does a text match a `like_` filter?"""

    def like_json(self, json: Expression, binds: Sequence[Any]) -> Expression:
        """Does the JSON text of an array or object match a `like_` filter?"""

    def holds(self, operand: Operand, kind: int, wanted: Any, count: Any) -> Expression:
        """Does an array hold one of a bound list of texts or numbers; with `count`, all of them?

        Args:
            count: how many different values are wanted; None: one of them will do.
        """

    def contains(self, json: Expression, bind: Any, *, every: bool) -> Expression:
        """Does an array hold all (or any) of the identities of a bound list?"""

    def parent_like(self, column: Expression, bind: Any) -> Expression:
        """Is the parent id an instance of a pattern?"""


def operand_of(shape: tuple[str, int], binds: Binds, dialect: Dialect) -> Operand:
    """Return the operand for a place of this shape."""
    kind, count = shape
    if kind == ID:
        return Operand(objects.c.id, kind=STRING)
    if kind == MODIFIED:
        return Operand(objects.c.last_modified, kind=NUMBER)
    return dialect.operand(kind, count, binds)


def by_kind(
    operand: Operand,
    dialect: Dialect,
    answers: Mapping[int, Expression | Callable[[], Expression]],
    default: Expression,
) -> Expression:
    """Choose an expression by the type of the value; `default` for the other ones.

    A missing attribute is of no type in SQL: `default` is for it, unless `answers` knows
    `ABSENT`.
    """
    if operand.kind is not None:
        return _resolved(answers.get(operand.kind, default))
    assert operand.type is not None
    names = {
        name: _resolved(answer)
        for kind, answer in answers.items()
        if kind != ABSENT
        for name in dialect.type_names[kind]
    }
    fallback = _resolved(answers.get(ABSENT, default))
    if not names:
        return fallback
    whens = {constant(name): answer for name, answer in names.items()}
    return sa.case(whens, value=operand.type, else_=fallback)


def is_kind(operand: Operand, dialect: Dialect, kind: int) -> Expression:
    """Is the value of this type?"""
    if operand.kind is not None:
        return sa.true() if operand.kind == kind else sa.false()
    assert operand.type is not None
    if kind == ABSENT:
        return operand.type.is_(None)
    names = dialect.type_names[kind]
    if len(names) == 1:
        return operand.type == constant(names[0])
    return operand.type.in_([constant(name) for name in names])


def rank_of(operand: Operand, dialect: Dialect) -> Expression:
    """Return the rank of the type in the total order."""
    ranks: dict[int, Expression | Callable[[], Expression]] = {
        kind: constant(kind) for kind in (NULL, STRING, NUMBER, BOOLEAN, ARRAY, OBJECT)
    }
    return by_kind(operand, dialect, ranks, constant(ABSENT))


def constant(value: str | int) -> Expression:
    """A value of our own, never of a user, written into the SQL text."""
    return sa.literal_column(f"'{value}'" if isinstance(value, str) else str(value))


def _resolved(answer: Expression | Callable[[], Expression]) -> Expression:
    return answer if isinstance(answer, ColumnElement) else answer()
