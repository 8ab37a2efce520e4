"""Engines of SQLAlchemy: addresses and settings read, the driver chosen, time bounded."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from kinto.core.protocol.querystring import native_value
from kinto.core.storage.postgresql.prepared import PREPARED, prepared_by

CONNECT_SECONDS = 5
"""How long a server may take to accept a connection."""

IDLE_FACTOR = 4
"""A transaction may be idle this many times as long as a statement may run."""

_NOT_FOR_ENGINE = frozenset(
    {"backend", "url", "prefix", "hosts", "max_fetch_size", "max_size_bytes",
     "allow_unsafe_durability", "strict_json", "statement_timeout"}
)  # fmt: skip


def normalized(url: str) -> sa.URL:
    """Return the address with the driver that this package ships with.

    Raises:
        sqlalchemy.exc.ArgumentError: it is no address.
    """
    address = sa.make_url(url)
    if address.drivername == "postgresql":
        address = address.set(drivername="postgresql+psycopg2")
    return address


def options_of(settings: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """Return the options of the engine among the settings of a backend, as typed values."""
    names = {name.removeprefix(prefix): name for name in settings if name.startswith(prefix)}
    options = {
        option: native_value(settings[name])
        for option, name in names.items()
        if prefix and option not in _NOT_FOR_ENGINE
    }
    for option in ("pool_size", "max_overflow", "pool_recycle", "max_backlog"):
        if option in options:
            options[option] = int(options[option])
    return options


def new_engine(address: sa.URL, options: dict[str, Any], *, timeout: float) -> sa.Engine:
    """Return an engine with its pool.

    Args:
        options: of `options_of`.
        timeout: seconds that a statement may take; 0: no limit.
    Raises:
        TypeError: an option is unknown.
    """
    pool = _imported(
        options.get("poolclass") or "kinto.core.storage.postgresql.pool.QueuePoolWithMaxBacklog"
    )
    chosen = {"pool_size": 25, "max_overflow": 10} if "poolclass" not in options else {}
    chosen |= {**options, "poolclass": pool}
    backlog = {"max_backlog": chosen.pop("max_backlog")} if "max_backlog" in chosen else {}
    arguments: dict[str, Any] = {"connect_timeout": CONNECT_SECONDS}
    milliseconds = int(timeout * 1000)
    if milliseconds and "options" not in address.query:
        idle = milliseconds * IDLE_FACTOR
        arguments["options"] = (
            f"-c statement_timeout={milliseconds} -c idle_in_transaction_session_timeout={idle}"
        )
    arguments = {name: value for name, value in arguments.items() if name not in address.query}
    engine = sa.create_engine(address, connect_args=arguments, **chosen)
    for name, value in backlog.items():
        setattr(engine.pool, name, value)
    sa.event.listen(engine, "connect", _look_at)
    return engine


def _look_at(connection: Any, entry: Any) -> None:
    """Note beside a new connection what it is going to prepare."""
    connection.autocommit = True
    entry.info[PREPARED] = prepared_by(connection)
    connection.autocommit = False


def _imported(name: Any) -> Any:
    """Return the class that a dotted name stands for; a class stands for itself."""
    if not isinstance(name, str):
        return name
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(module), attribute)
