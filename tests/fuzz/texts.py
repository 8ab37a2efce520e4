"""Strategies for what clients may send: odd texts, odd JSON, odd URLs."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st

ODD_TEXTS = (
    "", " ", "a", "é", "\U0001f600", "\0", "a\0b", "\r\n", "a\r\nX-Evil: 1", "\x1f\x7f", "%", "%00", "%ff",
    "%zz", "*", "**", "*" * 60, "(a+)+$", "a_b", "a%b", "\\", "'", '"', "';--", "system.Everyone",
    "null", "true", "NaN", "Infinity", "-0", "1e308", "1e400", "-1", "0", "1", "1.5", "2.0",
    str(2**31), str(2**53 + 1), str(2**63 - 1), str(2**63), str(2**64), "9" * 400, "-" + "9" * 30,
    "[]", "{}", "[1,2]", '{"a":1}', "[" * 300, "[" * 99 + "]" * 99, '"\\u0000"', '"\\ud800"', '{"a":1,"a":2}',
    '"1700000000004"', "1700000000004", "../..", "/", "//", "/batch", "a" * 3000, "\ud800", "\udcff",
    "١", "K", "ſ", "ﬀ", "[1, ", '["a",]', "{'a'}", "+1", "01", "0x1", "1_0", " 1", "1 ", "None", "a,b,,",
)  # fmt: skip

texts = st.one_of(st.sampled_from(ODD_TEXTS), st.text(max_size=12))

numbers = st.one_of(
    st.integers(), st.integers(-(2**70), 2**70), st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([2**53 + 1, 2**63, 2**64, 10**400, -(2**63) - 1, 1e308, 5e-324, -0.0, 1.0]),
)  # fmt: skip
scalars = st.one_of(st.none(), st.booleans(), numbers, texts)
names = st.one_of(
    st.sampled_from(
        ["id", "last_modified", "schema", "deleted", "members", "cache_expires", "__permissions__",
         "x", "a.b", "", "data", "permissions", "record:schema", "$ref", "$schema", "\0"]
    ),
    texts,
)  # fmt: skip
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(names, inner, max_size=4)),
    max_leaves=8,
)


def to_bytes(value: Any) -> bytes:
    """JSON text of a value; lone surrogates become escapes, or invalid UTF-8."""
    return json.dumps(value, ensure_ascii=True).encode()


def percent(text: str) -> str:
    """Percent-encode a text, surrogates included."""
    return quote(text, safe="", errors="surrogatepass")


OPERATORS = (
    "", "eq_", "not_", "gt_", "min_", "lt_", "max_", "in_", "exclude_", "like_", "has_",
    "contains_", "contains_any_", "foo_",
)  # fmt: skip
FIELDS = (
    "x", "x.y.z", "x.y", "id", "last_modified", "deleted", "é", "a-b", "", ".", "x.", ".x", "x..y", "x'", 'x"', "x[0]",
    "x\0", "__permissions__", "min_x", "0", "x.0", "x" * 600, ".".join("x" * 30), "uri",
)  # fmt: skip
SPECIAL = (
    "_since",
    "_before",
    "_to",
    "_sort",
    "_limit",
    "_token",
    "_fields",
    "_x",
    "id",
    "last_modified",
)

parameters = st.one_of(
    st.tuples(
        st.builds("{}{}".format, st.sampled_from(OPERATORS), st.sampled_from(FIELDS)), texts
    ),
    st.tuples(st.sampled_from(SPECIAL), texts),
    st.tuples(st.sampled_from(OPERATORS).map(lambda op: f"{op}x"), values.map(lambda v: json.dumps(v))),
    st.tuples(st.sampled_from(["_sort", "_fields"]), st.lists(st.sampled_from((*FIELDS, "-x", "+x", "x,-id")), max_size=4).map(",".join)),
)  # fmt: skip
raw_queries = st.text(alphabet="&=;+%0fxé_?#/\r\n\0\"'[]{}$<>", max_size=30)
query_strings = st.one_of(
    st.lists(parameters, max_size=4).map(
        lambda pairs: "&".join(f"{percent(name)}={percent(value)}" for name, value in pairs)
    ),
    raw_queries,
)
