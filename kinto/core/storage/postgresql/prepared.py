"""Statements that each connection prepares once: to plan one costs more than to run it.

A prepared statement belongs to a session of the server. Behind a pooler that gives transactions
whatever session is free (PgBouncer) nothing is prepared; and a name is made from the text, so that
it never stands for another statement.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from psycopg2 import errors

Parameters = Sequence[Any] | dict[str, Any]
Statement = tuple[str, Parameters]

PREPARED = "prepared"
"""Where the pool keeps a `Prepared` beside its connection; None where nothing is prepared."""

MOST = 50
"""Statements that one connection keeps; the oldest makes room for a new one."""

LONGEST = 10_000
"""Characters of a statement that is prepared: its plan takes memory on each connection."""

_PLACEHOLDER = re.compile(r"%(?:\((\w+)\))?s")
_GONE = (errors.InvalidSqlStatementName, errors.DuplicatePreparedStatement)


class Hot(str):
    """The text of a statement that is worth preparing.

    Its parameters have one type each, which the text alone decides: values are converted to it,
    where a text with values in it would be read anew. No array of them is cast to another type.
    """

    __slots__ = ()


class Prepared:
    """What one connection has prepared."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._made = 0
        self._doubtful: list[str] = []

    def call(self, sql: Hot) -> str:
        """The text that runs a statement with positional parameters, prepared if need be.

        The next call of `settle` tells whether that went well.
        """
        form = _form(sql)
        name = self._names.get(sql)
        if name is not None:
            return f"EXECUTE {name}{form.arguments}"
        self._made += 1
        name = f"kinto_{self._made}_{form.digest}"
        oldest = ""
        if len(self._names) >= MOST:
            first = next(iter(self._names))
            oldest = f"DEALLOCATE {self._names.pop(first)};\n"
        self._names[sql] = name
        self._doubtful.append(sql)
        return f"{oldest}PREPARE {name} AS {form.text};\nEXECUTE {name}{form.arguments}"

    def settle(self, *, failed: bool) -> None:
        """Take note of whether what `call` returned last was run."""
        if self._doubtful:
            if failed:
                for sql in self._doubtful:
                    self._names.pop(sql, None)
            self._doubtful.clear()


def prepared_by(connection: Any) -> Prepared | None:
    """What a new connection is going to prepare; None when it must not.

    A pooler tells its clients process ids of its own.
    """
    cursor = connection.cursor()
    cursor.execute("SELECT pg_backend_pid()")
    if cursor.fetchone()[0] != connection.get_backend_pid():
        return None
    # Whatever the values are, the index is the same: none of them is worth a plan of its own.
    cursor.execute("SET plan_cache_mode = force_generic_plan")
    return Prepared()


def is_gone(error: BaseException) -> bool:
    """Whether somebody else had a say in what a session has prepared."""
    return isinstance(error, _GONE)


def as_one(statements: Iterable[Statement], prepared: Prepared | None) -> tuple[str, list[Any]]:
    """One text of statements, run one after the other in one round trip, and its parameters."""
    texts, values = [], []
    for sql, parameters in statements:
        if prepared is not None and isinstance(sql, Hot):
            texts.append(prepared.call(sql))
            names = _form(sql).names
        elif isinstance(parameters, dict):
            form = _form(sql)
            texts.append(form.positional)
            values += [parameters[name] for name in form.every]
            continue
        else:
            texts.append(sql)
            names = ()
        if isinstance(parameters, dict):
            values += [parameters[name] for name in names]
        else:
            values += parameters
    return ";\n".join(texts), values


@lru_cache(maxsize=1024, typed=True)
def together(*texts: str) -> str:
    """The rows of all these queries."""
    joined = " UNION ALL ".join(texts)
    return Hot(joined) if all(isinstance(text, Hot) for text in texts) else joined


class _Form(NamedTuple):
    """A statement with numbered parameters.

    Attributes:
        text: what is prepared.
        arguments: their placeholders.
        names: of the parameters, each once; none when they have no names.
        positional: the statement with placeholders without names.
        every: the names of these placeholders.
    """

    text: str
    arguments: str
    names: tuple[str, ...]
    positional: str
    every: tuple[str, ...]
    digest: str


@lru_cache(maxsize=2048)
def _form(sql: str) -> _Form:
    every = tuple(match[1] for match in _PLACEHOLDER.finditer(sql))
    is_named = any(every)
    names = tuple(dict.fromkeys(every)) if is_named else ()
    numbers = iter(range(1, len(every) + 1))

    def number(match: re.Match[str]) -> str:
        return f"${names.index(match[1]) + 1 if is_named else next(numbers)}"

    text = _PLACEHOLDER.sub(number, sql)
    count = len(names) if is_named else len(every)
    return _Form(
        text=text,
        arguments=f" ({', '.join(['%s'] * count)})" if count else "",
        names=names,
        positional=_PLACEHOLDER.sub("%s", sql),
        every=every if is_named else (),
        digest=hashlib.sha256(text.encode()).hexdigest()[:12],
    )
