"""Regular expressions written by users: compiled and matched with a bound on the work.

The engine is `regex`, because it can be told to give up (docs/adr/0009-patterns-in-schemas.md). It
unrolls counted repetitions when it compiles, so the size of what it would make is measured first.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import regex

from kinto.core.validation import budget

MAX_LENGTH = 4096
"""Characters of one pattern."""
MAX_WEIGHT = 100_000
"""Elements of a pattern once its counted repetitions are written out."""
SEARCH_SECONDS = 0.25
"""Time that one search may take."""

_TOKEN = re.compile(
    r"(?P<escape>\\.)"
    r"|(?P<set>\[\^?\]?(?:\\.|[^\]\\])*\])"
    r"|(?P<flags>\(\?[a-zA-Z0-9-]*[xV#])"
    r"|(?P<open>\()"
    r"|(?P<close>\))"
    r"|(?P<count>\{(?P<least>\d*)(?P<comma>,?)(?P<most>\d*)\})"
    r"|(?P<repeat>[*+?])"
    r"|(?P<other>.)",
    re.DOTALL,
)


def search(pattern: str, text: str) -> bool:
    """Whether `pattern` matches somewhere in `text`.

    Raises:
        ValueError: the pattern is no regular expression, or too large.
        TooMuchWork: the answer could not be had within the budget.
    """
    timeout = min(SEARCH_SECONDS, budget.spend())
    try:
        return compiled(pattern).search(text, timeout=timeout) is not None
    except TimeoutError:
        raise budget.TooMuchWork from None


@lru_cache(maxsize=512)
def compiled(pattern: str) -> Any:
    """The compiled form of `pattern`; raises `ValueError` if it has none."""
    if len(pattern) > MAX_LENGTH:
        raise ValueError(f"Patterns are limited to {MAX_LENGTH} characters")
    if weight(pattern) > MAX_WEIGHT:
        raise ValueError("Pattern has too large repetitions")
    try:
        return regex.compile(pattern, cache_pattern=False)
    except (regex.error, RecursionError, OverflowError) as failure:
        raise ValueError(f"Not a regular expression: {failure}") from failure


def weight(pattern: str) -> int:
    """How many elements the pattern has once `{n}` and `{n,m}` are written out.

    Raises:
        ValueError: it uses what no other engine knows and what would deceive this count
            (comments, verbose mode, classes inside sets).
    """
    groups = [0]
    last = 0  # weight of the element a repetition would apply to, already counted in groups[-1]
    for token in _TOKEN.finditer(pattern):
        if token["flags"] or "[:" in (token["set"] or ""):
            raise ValueError("Pattern with comments, flags or classes that are not supported")
        if token["open"]:
            groups.append(1)
            last = 0
        elif token["close"] and len(groups) > 1:
            last = groups.pop()
            groups[-1] += last
        elif token["count"] and (token["least"] or token["most"]):
            repeated = last * max(_number(token["least"]), _number(token["most"]), 1)
            groups[-1] += repeated - last
            last = repeated
        elif token["repeat"]:
            groups[-1] += 1
        else:
            last = 1
            groups[-1] += 1
    return sum(groups)


def _number(digits: str) -> int:
    return int(digits[:9]) if digits else 0
