"""Querystrings of resource endpoints: known parameters typed, every other one a filter."""

from __future__ import annotations

from typing import Any

import colander

from kinto.core.protocol.failures import Problem
from kinto.core.protocol.querystring import convert_parameter, read_parameters
from kinto.core.schema import FieldList, QueryField

# The greatest timestamp a client may name: what a signed 64-bit column can hold, plus one.
POSTGRESQL_MAX_INTEGER_VALUE = 2**63

positive_big_integer = colander.Range(min=0, max=POSTGRESQL_MAX_INTEGER_VALUE)


class QuerySchema(colander.MappingSchema):
    """Accepts any parameter; subclasses declare those with a meaning of their own."""

    missing = colander.drop

    @staticmethod
    def schema_type() -> colander.Mapping:
        return colander.Mapping(unknown="ignore")

    def deserialize(self, cstruct: Any = colander.null) -> Any:
        """Return the known parameters typed, and the others converted to JSON values.

        Raises:
            colander.Invalid: for a known parameter of a wrong form.
        """
        values: dict[str, Any] = {}
        if cstruct is colander.null or not cstruct:
            return values
        known = {node.name for node in self.children}
        if not known.isdisjoint(cstruct):
            values.update(super().deserialize(cstruct))
        for name, raw in cstruct.items():
            if name not in known:
                values[name] = self.convert(name, raw)
        return values

    def convert(self, name: str, raw: Any) -> Any:
        """The value of a parameter without node; here it means nothing, so nothing is refused."""
        try:
            return convert_parameter(name, raw)
        except Problem:
            return raw


class PluralQuerySchema(QuerySchema):
    """Parameters of a list (http: paging, sorting, polling, filters)."""

    _limit = QueryField(colander.Integer(), validator=positive_big_integer)
    _sort = FieldList()
    _token = QueryField(colander.String())
    _since = QueryField(colander.Integer(), validator=positive_big_integer)
    _to = QueryField(colander.Integer(), validator=positive_big_integer)
    _before = QueryField(colander.Integer(), validator=positive_big_integer)
    id = QueryField(colander.String())
    last_modified = QueryField(colander.Integer(), validator=positive_big_integer)

    def deserialize(self, cstruct: Any = colander.null) -> Any:
        """Return every parameter typed, by the protocol's own rules (`protocol.querystring`).

        Raises:
            colander.Invalid: with every parameter of a wrong form.
        """
        if cstruct is colander.null or not cstruct:
            return {}
        values, problems = read_parameters(cstruct)
        if problems:
            invalid = colander.Invalid(self)
            for problem in problems:
                node = colander.SchemaNode(colander.String(), name=problem.name or "")
                invalid.add(colander.Invalid(node, problem.description))
            raise invalid
        return values


class PluralGetQuerySchema(PluralQuerySchema):
    """The same, with a projection."""

    _fields = FieldList()


class ObjectGetQuerySchema(QuerySchema):
    """One object: only a projection."""

    _fields = FieldList()
