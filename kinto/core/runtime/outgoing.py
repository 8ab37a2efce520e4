"""The only way out: one HTTP request to another server, within hard bounds.

The name is resolved once, every address it has is judged, and the connection goes to the address
that was judged. No redirects, no proxies, no compression, one deadline for all of it. What the
answer means is the caller's business.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from types import MappingProxyType
from typing import Any

import certifi
import urllib3
from urllib3.exceptions import HTTPError, LocationParseError

from kinto.core.runtime import clock
from kinto.core.runtime.addresses import is_callable

TIMEOUT_SECONDS = 5.0
MAX_BYTES = 1_048_576

_CHUNK = 65_536
_PORTS = {"http": 80, "https": 443}
_NOTHING: Mapping[str, str] = MappingProxyType({})


class OutgoingRefused(ValueError):
    """The request may not be made: its URL, host or address is not allowed."""


class OutgoingFailed(OSError):
    """No complete answer: nobody there, not who it should be, too slow or too large."""


@dataclass(frozen=True)
class Answer:
    """What the other server said. Names of headers are found in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Target:
    """A URL taken apart once; what is judged and what is called cannot differ."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def netloc(self) -> str:
        """Host and port as the `Host` header has them."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == _PORTS[self.scheme] else f"{name}:{self.port}"


def fetch(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] = _NOTHING,
    body: bytes | None = None,
    allowed_hosts: Collection[str] | None = None,
    allow_private: bool = False,
    timeout: float = TIMEOUT_SECONDS,
    max_bytes: int = MAX_BYTES,
) -> Answer:
    """Send one request and return the answer, whatever its status; redirects are not followed.

    Args:
        method: of the request, in upper case.
        url: absolute, `http` or `https`, without user and password.
        allowed_hosts: hosts (`example.org`, or `example.org:8443` for one port) that may be
            called; None allows every public one.
        allow_private: whether private and loopback addresses may be called.
        timeout: seconds for everything: looking up the name, connecting, sending, reading.
        max_bytes: how large the body of the answer may be.
    Raises:
        OutgoingRefused: the URL, the host or one of its addresses is not allowed.
        OutgoingFailed: no complete answer within the bounds. Reliability rule 10.
    """
    deadline = clock.monotonic() + timeout
    target = parse_target(url)
    if allowed_hosts is not None:
        known = {item.lower() for item in allowed_hosts}
        if not known & {target.host, f"{target.host}:{target.port}"}:
            raise OutgoingRefused(f"The host {target.host!r} is not one that may be called.")
    address = _judged_address(target, allow_private=allow_private, deadline=deadline)
    try:
        with _bounded_pool(target, address, deadline=deadline) as pool:
            return _exchange(pool, method, target, headers=headers, body=body, max_bytes=max_bytes)
    except (HTTPError, OSError) as error:
        if isinstance(error, OutgoingFailed):
            raise
        raise OutgoingFailed(f"{target.netloc} gave no answer: {_reason(error)}") from error


def parse_target(url: str) -> Target:
    """Take a URL apart.

    Raises:
        OutgoingRefused: it is none that could be called.
    """
    if any(char <= " " or char == "\x7f" for char in url):
        raise OutgoingRefused("A URL holds neither spaces nor control characters.")
    try:
        parsed = urllib3.util.parse_url(url)
    except LocationParseError as error:
        raise OutgoingRefused("This is no URL.") from error
    scheme, host = (parsed.scheme or "").lower(), (parsed.host or "").lower().strip("[]")
    if scheme not in _PORTS or not host:
        raise OutgoingRefused("Only absolute http and https URLs are called.")
    if parsed.auth is not None:
        raise OutgoingRefused("A URL to call holds no user and password.")
    port = _PORTS[scheme] if parsed.port is None else parsed.port
    return Target(scheme=scheme, host=host.rstrip("."), port=port, path=parsed.request_uri)


def check_url(url: str, *, allow_private: bool = False) -> Target:
    """Take a URL of the settings apart, and judge what can be judged before any call.

    A host that is an address is judged here; a name only when it is called, each time.

    Raises:
        OutgoingRefused: it could not be called.
    """
    target = parse_target(url)
    try:
        address = str(ip_address(target.host))
    except ValueError:
        return target
    if not is_callable(address, allow_private=allow_private):
        raise OutgoingRefused(f"The address {address} is not one that may be called.")
    return target


def _judged_address(target: Target, *, allow_private: bool, deadline: float) -> str:
    """The address to connect to. One bad address of a name refuses them all."""
    addresses = _resolve(target, deadline=deadline)
    for address in addresses:
        if not is_callable(address, allow_private=allow_private):
            raise OutgoingRefused(f"The address of {target.host!r} is not one that may be called.")
    return addresses[0]


def _resolve(target: Target, *, deadline: float) -> list[str]:
    """Every address of a host. The system's resolver has no timeout: a thread bounds it."""
    found: list[Any] = []

    def look_up() -> None:
        try:
            found.extend(socket.getaddrinfo(target.host, target.port, 0, socket.SOCK_STREAM))
        except (OSError, UnicodeError):
            return

    thread = threading.Thread(target=look_up, name="kinto-resolver", daemon=True)
    thread.start()
    thread.join(max(deadline - clock.monotonic(), 0))
    addresses = list(dict.fromkeys(str(item[4][0]) for item in found))
    if thread.is_alive() or not addresses:
        raise OutgoingFailed(f"{target.host} has no address.")
    return addresses


@contextmanager
def _bounded_pool(
    target: Target, address: str, *, deadline: float
) -> Iterator[urllib3.HTTPConnectionPool]:
    """Connections to one address, cut at the deadline whatever they are doing then."""
    seconds = max(deadline - clock.monotonic(), 0.001)
    sockets: list[socket.socket] = []
    expired = threading.Event()

    def cut() -> None:
        expired.set()
        for item in sockets:
            try:
                # Not the method of a TLS socket, which other threads must not call.
                socket.socket.shutdown(item, socket.SHUT_RDWR)
            except OSError:
                continue

    pool = _pool(target, address, sockets=sockets, seconds=seconds)
    watchdog = threading.Timer(seconds, cut)
    watchdog.daemon = True
    watchdog.start()
    try:
        yield pool
    except (HTTPError, OSError) as error:
        if expired.is_set() or clock.monotonic() >= deadline:
            raise OutgoingFailed(f"{target.netloc} took too long.") from error
        raise
    else:
        if expired.is_set():  # a body that ends with the connection looks whole when it is cut
            raise OutgoingFailed(f"{target.netloc} took too long.")
    finally:
        watchdog.cancel()
        pool.close()
        for item in sockets:
            item.close()


def _pool(
    target: Target, address: str, *, sockets: list[socket.socket], seconds: float
) -> urllib3.HTTPConnectionPool:
    timeout = urllib3.Timeout(connect=seconds, read=seconds)
    pool: urllib3.HTTPConnectionPool
    if target.scheme == "https":
        pool = urllib3.HTTPSConnectionPool(
            address,
            target.port,
            timeout=timeout,
            maxsize=1,
            retries=False,
            ssl_context=_trusted(),
            server_hostname=target.host,
            assert_hostname=target.host,
        )
    else:
        pool = urllib3.HTTPConnectionPool(
            address, target.port, timeout=timeout, maxsize=1, retries=False
        )
    parent: Any = pool.ConnectionCls

    class Watched(parent):  # type: ignore[misc]
        """A connection whose socket the watchdog knows from its first moment."""

        def _new_conn(self) -> socket.socket:
            opened: socket.socket = super()._new_conn()
            # TLS takes the descriptor over, and an answer may outlive its connection: only a
            # duplicate is always good to cut the line with.
            sockets.append(opened.dup())
            return opened

    pool.ConnectionCls = Watched
    return pool


def _exchange(
    pool: urllib3.HTTPConnectionPool,
    method: str,
    target: Target,
    *,
    headers: Mapping[str, str],
    body: bytes | None,
    max_bytes: int,
) -> Answer:
    sent = {"Accept-Encoding": "identity", "User-Agent": "kinto", "Connection": "close"}
    try:
        answer = pool.urlopen(
            method,
            target.path,
            body=body,
            headers={**sent, **headers, "Host": target.netloc},
            redirect=False,
            preload_content=False,
            decode_content=False,
        )
    except (ValueError, UnicodeError) as error:  # line ends in a header, for one
        raise OutgoingRefused("A header of the request is malformed.") from error
    try:
        if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise OutgoingFailed(f"{target.netloc} sent a compressed answer.")
        content = bytearray()
        while chunk := answer.read(_CHUNK, decode_content=False):
            content += chunk
            if len(content) > max_bytes:
                raise OutgoingFailed(f"{target.netloc} sent more than {max_bytes} bytes.")
        return Answer(status=answer.status, headers=answer.headers, body=bytes(content))
    finally:
        answer.close()


@lru_cache(maxsize=1)
def _trusted() -> ssl.SSLContext:
    """Certificates of the system (or of `SSL_CERT_FILE`), and those that certifi knows."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _reason(error: Exception) -> str:
    """What went wrong, in a word: texts of libraries repeat URLs, which may hold secrets."""
    cause = getattr(error, "reason", None) or error
    if isinstance(cause, (urllib3.exceptions.SSLError, ssl.SSLError)):
        return "its certificate or its TLS is not acceptable"
    return type(cause).__name__
