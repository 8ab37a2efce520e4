"""Servers that speak the Redis protocol (Redis, Valkey): addresses, pools, and bounded waits.

Everything sent to them passes `execute`, and every failure leaves as a `BackendError`.
"""

from __future__ import annotations

import hashlib
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from kinto.core.runtime.optional import optional_import
from kinto.core.settings.backends import PoolSettings
from kinto.core.storage.exceptions import BackendError

redis: Any = optional_import("redis")
"""The client library, None when it is not installed."""

POOL_SIZE = 50
POOL_TIMEOUT = 20.0
OPTIONS = ("pool_size", "pool_timeout", "socket_timeout")

_servers: dict[tuple[Any, ...], Server] = {}
_registering = threading.Lock()


def execute(call: Callable[..., Any], *arguments: Any) -> Any:
    """Run one call of the client library: the one place where tests make servers fail."""
    return call(*arguments)


def server_of(settings: Mapping[str, Any], kind: str) -> Server:
    """Return the server of `<kind>_url`; storage and permission of one address share one.

    Args:
        settings: also `<kind>_pool_size` (connections, 50), `<kind>_pool_timeout` (seconds to
            wait for one, 20) and `<kind>_socket_timeout` (seconds an answer may take, 5).
        kind: `storage`, `permission` or `cache`.
    Raises:
        ValueError: the address has a port or a database that is no number.
        ImportError: the client library is not installed.
    """
    if redis is None:
        raise ImportError(f"The {kind} backend needs the package redis: install kinto[redis]")
    pool = PoolSettings.of({**_pool_defaults(kind), **settings}, kind)
    url = str(settings.get(f"{kind}_url") or "redis://localhost:6379/0")
    options = tuple(getattr(pool, name) for name in OPTIONS)
    # The cache waits in a pool of its own: it works outside the units of the others. Those share
    # one whatever their options are, because a unit takes the lock of a database once.
    key = ("cache", url, *options) if kind == "cache" else ("units", url)
    with _registering:
        known = _servers.get(key)
        if known is None:
            known = _servers[key] = Server(url=url, pool=_pool(url, pool), options=options)
        elif options != known.options and any(f"{kind}_{name}" in settings for name in OPTIONS):
            warnings.warn(
                f"Reuse existing Redis connection. Parameters {kind}_* will be ignored.",
                stacklevel=3,
            )
        return known


def _pool(url: str, options: PoolSettings) -> Any:
    return redis.BlockingConnectionPool(
        **_address(url),
        max_connections=options.pool_size,
        timeout=options.pool_timeout,
        socket_timeout=options.socket_timeout,
        socket_connect_timeout=options.socket_timeout,
        decode_responses=True,
        encoding_errors="surrogatepass",
        # A repeated script could apply a change twice: nothing is sent again.
        retry=redis.retry.Retry(redis.backoff.NoBackoff(), 0),
    )


def _pool_defaults(kind: str) -> dict[str, Any]:
    return {f"{kind}_pool_size": POOL_SIZE, f"{kind}_pool_timeout": POOL_TIMEOUT}


def _address(url: str) -> dict[str, Any]:
    """Return the arguments of a connection: `redis[s]://[user:password@]host[:port][/db]`.

    `unix:///path/to/socket?db=1` is understood too.
    """
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return dict(redis.connection.parse_url(url))
    database = unquote(parts.path).strip("/") or "0"
    if not database.isdigit():
        raise ValueError(f"The database in the address of Redis is no number: {database!r}")
    found: dict[str, Any] = {
        "host": parts.hostname or "localhost",
        "port": parts.port or 6379,
        "db": int(database),
    }
    if parts.username:
        found["username"] = unquote(parts.username)
    if parts.password:
        found["password"] = unquote(parts.password)
    if parts.scheme == "rediss":
        found["connection_class"] = redis.SSLConnection
    return found


class Server:
    """One Redis and the pool of connections to it, shared by all threads."""

    def __init__(self, *, url: str, pool: Any, options: tuple[Any, ...] = ()) -> None:
        self.url = url
        self.pool = pool
        self.options = options
        self._client = redis.Redis(connection_pool=pool)
        self._hashes: dict[str, str] = {}

    def run(self, *command: Any) -> Any:
        """Run one command and return its answer, texts as `str`."""
        return perform(self._client.execute_command, *command)

    def together(self, commands: Sequence[Sequence[Any]]) -> list[Any]:
        """Run commands in one round trip and at one moment; return their answers."""
        if not commands:
            return []

        def transaction() -> Any:
            with self._client.pipeline(transaction=True) as pipeline:
                for command in commands:
                    pipeline.execute_command(*command)
                return pipeline.execute()

        return list(perform(transaction))

    def script(self, text: str, keys: Sequence[str], *arguments: Any) -> Any:
        """Run a script in the server, sending its text only when the server lacks it."""
        digest = self._hashes.get(text)
        if digest is None:
            hashed = hashlib.sha1(text.encode(), usedforsecurity=False)  # how Redis names scripts
            digest = self._hashes[text] = hashed.hexdigest()
        try:
            return self.run("EVALSHA", digest, len(keys), *keys, *arguments)
        except BackendError as error:
            if not isinstance(error.original, redis.exceptions.NoScriptError):
                raise
        # It is new there, or was forgotten in a restart: nothing has been run.
        return self.run("EVAL", text, len(keys), *keys, *arguments)

    def scan(self, prefix: str) -> list[str]:
        """Return every key with this literal prefix; walks over the whole database."""
        pattern = "".join(f"\\{char}" if char in "*?[]\\^-" else char for char in prefix) + "*"
        found = perform(lambda: dict.fromkeys(self._client.scan_iter(pattern, count=1000)))
        return list(found)

    def info(self, section: str) -> dict[str, Any]:
        """Return a section of what the server tells about itself."""
        return dict(perform(self._client.info, section))

    def configured(self, name: str) -> str | None:
        """Return a configuration value; None where the server does not tell it."""
        try:
            answer = perform(self._client.config_get, name)
        except BackendError as error:
            if isinstance(error.original, redis.exceptions.ResponseError):
                return None  # services often forbid CONFIG
            raise
        return str(answer[name]) if name in answer else None

    def close(self) -> None:
        """Close the idle connections; the next call opens new ones."""
        self.pool.disconnect()


def is_away(failure: BackendError) -> bool:
    """Whether a server did not answer at all, or not in time."""
    away = (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError)
    return isinstance(failure.original, away)


def perform(call: Callable[..., Any], *arguments: Any) -> Any:
    """Run a call of the client library, its failures turned into `BackendError`."""
    try:
        return execute(call, *arguments)
    except redis.RedisError as error:
        raise BackendError(original=error) from error
