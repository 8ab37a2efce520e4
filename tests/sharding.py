"""What SQL may not hold, so that the same code runs where one PostgreSQL is many servers.

The rules are read from the text: `breaches_of_schema` for DDL, `breaches_of_statement` for what
the suites run. Each breach is a sentence.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

TABLES = {
    "objects", "directory", "timestamps", "user_principals", "principal_users",
    "access_control_entries", "principal_targets", "object_locks", "cache",
}  # fmt: skip
EVERYWHERE = {"metadata"}
"""Small, written by migrations only: a copy of it belongs on every server."""

_FORBIDDEN = {
    r"\bTRIGGER\b": "a trigger",
    r"\bPLPGSQL\b|\bDO\s+\$": "PL/pgSQL",
    r"\bCREATE\s+(OR\s+REPLACE\s+)?(FUNCTION|PROCEDURE)\b|\bCALL\s": "a stored procedure",
    r"\bSEQUENCE\b|\b(BIG|SMALL)?SERIAL\b|\bNEXTVAL\b|\bGENERATED\b": "a sequence",
    r"\bADVISORY\b": "an advisory lock",
    r"\bLISTEN\b|\bUNLISTEN\b|\bNOTIFY\b": "LISTEN",
    r"\bLOCK\s+TABLE\b|^\s*LOCK\b": "LOCK TABLE",
    r"^\s*(SET|RESET|DISCARD)\b|\bSET_CONFIG\b": "a session SET",
    r"\bTEMP(ORARY)?\b": "a temporary table",
}
_ONLY_IN_SCHEMAS = {
    r"\bCOLLATE\b": "COLLATE in DDL",
    r"\bUSING\s+GIN\b": "a GIN index",
    r"\bREFERENCES\b|\bFOREIGN\s+KEY\b": "a foreign key",
}
_CHANGE = re.compile(r"\b(?:INSERT\s+INTO|DELETE\s+FROM|UPDATE)\s+(?:ONLY\s+)?([a-z_]+)")
_TABLE = re.compile(
    r"CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?(\w+)\s*\((.*?)\n?\)\s*(?:;|$)", re.S
)
_INDEX = re.compile(r"CREATE\s+(?:UNIQUE\s+)?INDEX\s+(\w+)\s+ON\s+(\w+)\s*\((.*?)\)", re.S)


def breaches_of_schema(script: str) -> Iterator[str]:
    """Yield what is wrong with a script of DDL."""
    text = _plain(script)
    for pattern, name in (_FORBIDDEN | _ONLY_IN_SCHEMAS).items():
        if re.search(pattern, text, re.I | re.M):
            yield f"{name}: {pattern}"
    of_json: set[str] = set()
    for table, body in _TABLE.findall(text):
        columns = [line.strip() for line in body.strip().split(",\n")]
        of_json |= {
            f"{table}.{line.split()[0]}" for line in columns if re.search(r"\bJSONB?\b", line)
        }
        if table in EVERYWHERE:
            continue
        if not columns[0].startswith("bucket "):
            yield f"table {table} does not begin with bucket"
        if not any(re.match(r"PRIMARY KEY \(bucket\b", line) for line in columns):
            yield f"the primary key of {table} does not begin with bucket"
    for index, table, columns in _INDEX.findall(text):
        names = [name.strip() for name in columns.split(",")]
        if names[0] != "bucket":
            yield f"index {index} does not begin with bucket"
        if any(f"{table}.{name}" in of_json or "(" in name or "->" in name for name in names):
            yield f"index {index} is on JSON"


def breaches_of_statement(sql: str) -> Iterator[str]:
    """Yield what is wrong with a statement that a server ran."""
    text = _plain(sql)
    for pattern, name in _FORBIDDEN.items():
        if re.search(pattern, text, re.I):
            yield name
    changes = Counter(_CHANGE.findall(re.sub(r"\b(DO|FOR)\s+UPDATE\b", "", text)))
    for table, times in changes.items():
        if times > 1:
            yield f"{times} modifications of {table}"
    if changes and re.search(r"\bI?LIKE\b|~", text):
        yield "a change chosen by a pattern"
    if re.match(r"\s*(CREATE|ALTER|DROP|TRUNCATE)\b", text):
        yield "DDL outside a migration"


def tables_without_bucket(sql: str) -> set[str]:
    """Return the sharded tables in a statement that names no bucket: it would ask every shard."""
    text = _plain(sql)
    named = {name for name in re.findall(r"\b[a-z_]+\b", text) if name in TABLES}
    return named if named and not re.search(r"\bbucket\b", text) else set()


def _plain(sql: str) -> str:
    without_comments = re.sub(r"--[^\n]*", "", sql)
    return re.sub(r"'[^']*'", "''", without_comments)
