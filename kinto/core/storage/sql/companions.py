"""Queries that travel with another one, so that a request asks the database once.

The storage announces which rows it will be asked for; the next query of the same session that can
take company, one of the permissions, brings them in a UNION. Neither knows of the other: they
meet in the session of the database that they share.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple


class Companion(NamedTuple):
    """A query waiting for company.

    Attributes:
        sql: of three columns, like the queries it goes with; how its rows are told from theirs is
            between the rooms of one database.
        values: its parameters.
        receive: called with its rows.
    """

    sql: str
    values: Sequence[Any]
    receive: Callable[[list[Any]], None]
