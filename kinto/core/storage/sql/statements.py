"""Whole queries on the table of objects: which rows, in which order, how many.

A `Query` is read into a shape and bound values. The SQL text of a shape is compiled once and
kept, so that a hot statement costs no more than its execution.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Dialect as SqlDialect

from kinto.core.protocol.identifiers import ParentPattern
from kinto.core.protocol.terms import (
    DEFAULT_ID_FIELD,
    DEFAULT_MODIFIED_FIELD,
    Filter,
    Sort,
)
from kinto.core.protocol.timestamps import LARGEST
from kinto.core.storage.sql.conditions import (
    Condition,
    Fields,
    Shape,
    names_ids,
    read_filter,
)
from kinto.core.storage.sql.filters import expression
from kinto.core.storage.sql.operands import Binds, Dialect, Expression
from kinto.core.storage.sql.ordering import SortShape, order_terms
from kinto.core.storage.sql.tables import objects

CACHED_SHAPES = 1024

EXACT, RANGE, OPEN_RANGE, PATTERN, OPEN_PATTERN = "exact", "range", "open", "pattern", "any"


@dataclass(frozen=True)
class Query:
    """Which objects are asked for; fields as the parameters of `StorageBase.list_all`.

    Attributes:
        resource_name: None is every resource.
        parent_id: a pattern; with `exact_parent` it stands for itself, stars included.
        deleted: None: live objects and tombstones; True or False: only those or these.
        bucket: of databases that may be sharded: only rows of this bucket.
    """

    resource_name: str | None
    parent_id: str
    filters: Sequence[Filter] | None = None
    sorting: Sequence[Sort] | None = None
    pagination_rules: Sequence[Sequence[Filter]] | None = None
    limit: int | None = None
    offset: int | None = None
    deleted: bool | None = False
    only_ids: Collection[str] | None = None
    id_field: str = DEFAULT_ID_FIELD
    modified_field: str = DEFAULT_MODIFIED_FIELD
    exact_parent: bool = False
    bucket: str | None = None


class QueryShape(NamedTuple):
    """All that decides the text of a statement."""

    columns: tuple[str, ...]
    bucket: bool
    parent: str
    resource: bool
    deleted: bool | None
    only_ids: bool
    filters: tuple[Shape, ...]
    rules: tuple[tuple[Shape, ...], ...]
    sorting: tuple[SortShape, ...]
    limit: bool
    offset: bool


class Selection(NamedTuple):
    """A statement ready to run: SQL text and its named parameters."""

    sql: str
    parameters: dict[str, Any]


@dataclass(frozen=True)
class Compiler:
    """Makes the statements of one database."""

    dialect: Dialect
    sql_dialect: SqlDialect = field(compare=False)

    def select(self, query: Query, *columns: str) -> Selection:
        """Return the SELECT of these columns (`count`: of the number of rows).

        Raises:
            TypeError: the value of a filter is not JSON.
        """
        shape, values = self._read(query, columns)
        return Selection(_compiled(self, shape), {f"p{i}": v for i, v in enumerate(values)})

    def _read(self, query: Query, columns: tuple[str, ...]) -> tuple[QueryShape, list[Any]]:
        dialect = self.dialect
        fields = Fields(query.id_field, query.modified_field)
        parent, values = _read_parent(query)
        if query.bucket is not None:
            values.insert(0, query.bucket)
        if query.resource_name is not None:
            values.append(query.resource_name)
        if query.only_ids is not None:
            values.append(dialect.bind_list([key for key in query.only_ids if "\0" not in key]))
        filters = [read_filter(item, fields, dialect) for item in query.filters or ()]
        rules = [
            [read_filter(item, fields, dialect) for item in rule]
            for rule in query.pagination_rules or ()
        ]
        for condition in (*filters, *(item for rule in rules for item in rule)):
            values.extend(condition.values)
        sorting = []
        for name, direction in query.sorting or ():
            place = fields.locate(name, dialect)
            values.extend(place.values)
            sorting.append((place.shape, direction < 0))
        bounds = (query.limit, query.offset)
        values.extend(min(bound, LARGEST) for bound in bounds if bound is not None)
        shape = QueryShape(
            columns=columns,
            bucket=query.bucket is not None,
            parent=parent,
            resource=query.resource_name is not None,
            deleted=query.deleted,
            only_ids=query.only_ids is not None,
            filters=_shapes(filters),
            rules=tuple(map(_shapes, rules)),
            sorting=tuple(sorting),
            limit=query.limit is not None,
            offset=query.offset is not None,
        )
        return shape, values


def _read_parent(query: Query) -> tuple[str, list[Any]]:
    if query.exact_parent or "*" not in query.parent_id:
        return EXACT, [query.parent_id]
    pattern = ParentPattern.compile(query.parent_id)
    low, high = pattern.bounds()
    if pattern.is_prefix:
        return (OPEN_RANGE, [low]) if high is None else (RANGE, [low, high])
    if high is None:
        return OPEN_PATTERN, [low, query.parent_id]
    return PATTERN, [low, high, query.parent_id]


def _shapes(conditions: list[Condition]) -> tuple[Shape, ...]:
    return tuple(condition.shape for condition in conditions)


@lru_cache(maxsize=CACHED_SHAPES)
def _compiled(compiler: Compiler, shape: QueryShape) -> str:
    statement = _statement(shape, _parameters(), compiler.dialect)
    return str(statement.compile(dialect=compiler.sql_dialect))


def _parameters() -> Iterator[Any]:
    number = 0
    while True:
        yield sa.bindparam(f"p{number}", type_=sa.types.NullType())
        number += 1


def _statement(shape: QueryShape, binds: Binds, dialect: Dialect) -> sa.Select[Any]:
    if shape.columns == ("count",):
        statement = sa.select(sa.func.count()).select_from(objects)
    else:
        statement = sa.select(*(_column(name) for name in shape.columns))
    statement = statement.where(*_where(shape, binds, dialect))
    by_index = not (shape.only_ids or any(map(names_ids, shape.filters)))
    for sort in shape.sorting:
        terms = order_terms(sort, binds, dialect, by_index=by_index)
        statement = statement.order_by(*terms)
    if shape.limit or shape.offset:
        # Both are always written: some dialects bind a value of their own for a missing one.
        everything: Expression = sa.literal_column(str(LARGEST))
        statement = statement.limit(next(binds) if shape.limit else everything)
        statement = statement.offset(next(binds) if shape.offset else sa.literal_column("0"))
    return statement


def _column(name: str) -> Expression:
    return sa.literal_column("objects.rowid") if name == "rowid" else objects.c[name]


def _where(shape: QueryShape, binds: Binds, dialect: Dialect) -> Iterator[Expression]:
    if shape.bucket:
        yield objects.c.bucket == next(binds)
    yield from _where_parent(shape.parent, binds, dialect)
    if shape.resource:
        yield objects.c.resource_name == next(binds)
    if shape.deleted is not None:
        yield objects.c.deleted.is_(sa.true() if shape.deleted else sa.false())
    if shape.only_ids:
        yield dialect.in_list(objects.c.id, next(binds))
    for condition in shape.filters:
        yield expression(condition, binds, dialect)
    if shape.rules:
        yield sa.or_(
            *(
                sa.and_(sa.true(), *(expression(item, binds, dialect) for item in rule))
                for rule in shape.rules
            )
        )


def _where_parent(kind: str, binds: Binds, dialect: Dialect) -> Iterator[Expression]:
    parent = objects.c.parent_id
    if kind == EXACT:
        yield parent == next(binds)
        return
    yield dialect.ordered(parent) >= next(binds)
    if kind in (RANGE, PATTERN):
        yield dialect.ordered(parent) < next(binds)
    if kind in (PATTERN, OPEN_PATTERN):
        yield dialect.parent_like(parent, next(binds))
