"""Where the next page of a list starts: keyset rules, and the signed token that carries them.

A position is the values that the last object of a page has for the sorted fields. What follows
it does not depend on what is created or deleted elsewhere, as an offset would. Tokens are tied
to a user, a use, a path, filters and a sort, so that none can be made or moved by a client.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from kinto.core.protocol.failures import Problem
from kinto.core.protocol.jsontext import dumps, loads_trusted
from kinto.core.protocol.limits import LIMITS, Limits
from kinto.core.protocol.matching import find_value
from kinto.core.protocol.signing import ExpiredSignature, InvalidSignature, sign, verify
from kinto.core.protocol.terms import (
    COMPARISON,
    DEFAULT_ID_FIELD,
    DEFAULT_MODIFIED_FIELD,
    MISSING,
    Filter,
    KintoObject,
    PaginationRules,
    Sort,
)
from kinto.core.protocol.timestamps import LARGEST, SMALLEST

Purpose = Literal["get", "delete"]
Position = tuple[Any, ...]
"""One value for each sorted field; `MISSING` where the object has none."""

INVALID = "_token has invalid content"
EXPIRED = "_token was already used or has expired."

_PURPOSE = "page-token"


@dataclass(frozen=True)
class Scope:
    """What a token is good for; it is refused for anything else."""

    user: str
    """Prefixed user id; empty for anonymous callers."""
    purpose: Purpose
    path: str
    filters: Sequence[Filter]
    """Those of the query string; not what authorization adds."""
    sorting: Sequence[Sort]

    def binding(self) -> list[str]:
        """Return the texts to sign; the purpose is not one, as it has an error of its own."""
        filters = sorted(dumps([f.field, f.operator.name, f.value]) for f in self.filters)
        sorting = tuple((item.field, item.direction) for item in self.sorting)
        return [self.user, self.path, dumps(filters) if filters else "[]", _sorting_text(sorting)]


@dataclass(frozen=True)
class Continuation:
    """The content of a verified token."""

    position: Position
    nonce: str | None
    """Identifies a token that works once; whoever accepts it has to remember it."""


def total_order(
    sorting: Sequence[Sort],
    *,
    unique_fields: Iterable[str] = (DEFAULT_MODIFIED_FIELD, DEFAULT_ID_FIELD),
) -> list[Sort]:
    """Return a sort in which no two objects tie: it stops at the first unique field.

    When it has none, the last of `unique_fields` is appended.
    """
    unique = list(unique_fields)
    order: list[Sort] = []
    for item in sorting:
        order.append(item)
        if item.field in unique:
            return order
    return [*order, Sort(unique[-1], 1)]


def position_of(obj: KintoObject, sorting: Sequence[Sort]) -> Position:
    """Return the position of an object in a sort."""
    return tuple(find_value(obj, item.field) for item in sorting)


def rules_after(sorting: Sequence[Sort], position: Position) -> PaginationRules:
    """Return the pagination rules that accept what comes after a position, and nothing else.

    The sort must be total (`total_order`). An order by (a, b) after (x, y) reads: a follows x,
    or a equals x and b follows y. The result is never empty: at the very end of a list, it is a
    rule that nothing satisfies.
    """
    rules: PaginationRules = []
    ties: list[Filter] = []
    for (field, direction), value in zip(sorting, position, strict=True):
        ascending = direction >= 0
        if not (ascending and value is MISSING) and not (not ascending and value is None):
            following = COMPARISON.GT if ascending else COMPARISON.LT
            rules.append([*ties, Filter(field, value, following)])
        ties.extend(_tie(field, value))
    return rules or [[Filter(DEFAULT_ID_FIELD, MISSING, COMPARISON.GT)]]


def encode_token(
    position: Position,
    *,
    key: str | bytes,
    scope: Scope,
    nonce: str | None = None,
    expires_at: int | None = None,
) -> str:
    """Return the text of a token.

    Args:
        key: the server's secret for page tokens.
        nonce: makes this token different from any other, for those that work once.
        expires_at: end of validity in milliseconds; None for ever (lists read with GET).
    """
    values = [[] if value is MISSING else [value] for value in position]
    payload = dumps({"purpose": scope.purpose, "values": values, "nonce": nonce})
    return sign(payload, key, purpose=_PURPOSE, binding=scope.binding(), expires_at=expires_at)


def decode_token(
    token: str,
    *,
    key: str | bytes,
    scope: Scope,
    now: int,
    limits: Limits = LIMITS,
) -> Continuation:
    """Return what a token made by `encode_token` for the same scope carries.

    Args:
        now: current time in milliseconds.
    Raises:
        Problem: anything else, whatever the text.
    """
    if len(token) > limits.token_length:
        raise _refused(INVALID)
    try:
        payload = verify(token, key, purpose=_PURPOSE, binding=scope.binding(), now=now)
        content = loads_trusted(payload)
        purpose = content["purpose"]
        position = tuple(value[0] if value else MISSING for value in content["values"])
        nonce = content["nonce"]
    except ExpiredSignature:
        raise _refused(EXPIRED) from None
    except InvalidSignature:
        raise _refused(INVALID) from None
    except (ValueError, TypeError, KeyError, IndexError):
        # Signed here, but by a version with another form of content.
        raise _refused(INVALID) from None
    if purpose != scope.purpose:
        raise _refused(EXPIRED if scope.purpose == "delete" else INVALID)
    if len(position) != len(scope.sorting) or not isinstance(nonce, (str, type(None))):
        raise _refused(INVALID)
    return Continuation(position=position, nonce=nonce)


@lru_cache(maxsize=256)
def _sorting_text(sorting: tuple[tuple[str, int], ...]) -> str:
    return dumps([list(item) for item in sorting])


def _tie(field: str, value: Any) -> list[Filter]:
    """Filters for "same place in the order": equality, but where order is coarser than it."""
    if _orders_as_double(value):
        return [Filter(field, value, COMPARISON.MIN), Filter(field, value, COMPARISON.MAX)]
    return [Filter(field, value, COMPARISON.EQ)]


def _orders_as_double(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_orders_as_double, value.values()))
    if isinstance(value, (list, tuple)):
        return any(map(_orders_as_double, value))
    return isinstance(value, (int, float)) and not SMALLEST <= value <= LARGEST


def _refused(description: str) -> Problem:
    return Problem("querystring", None, description)
