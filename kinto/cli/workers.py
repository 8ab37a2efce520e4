"""`kinto start --workers N`: the same server in several processes, when its backends can share."""

from __future__ import annotations

import contextlib
import functools
import logging
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import plaster
from pyramid.paster import get_app, setup_logging
from waitress.adjustments import Adjustments

from kinto.cli import gateway, standalone
from kinto.cli.listening import Listeners
from kinto.core.runtime.optional import optional_import

logger = logging.getLogger(__name__)

_PASTE = ("use", "__file__", "here")
_HONOURED = {
    "host", "port", "listen", "threads", "backlog", "max_request_body_size",
    "trusted_proxy", "trusted_proxy_count", "trusted_proxy_headers",
    "clear_untrusted_proxy_headers", "log_untrusted_proxy_headers",
}  # fmt: skip
_VOLATILE = (
    "kinto start --workers {workers} needs backends that several processes share, and {names}"
    " {verb} in the memory of one: use SQLite, PostgreSQL or Redis, or one worker."
)


class CannotShare(ValueError):
    """Several workers are asked for, and something allows only one; the text tells what."""


def check(settings: Mapping[str, Any], *, workers: int) -> None:
    """Refuse backends that live in one process. `settings` are merged (plain names).

    Raises:
        CannotShare: naming them.
    """
    volatile = [
        f"`{kind}_backend`"
        for kind in ("storage", "permission", "cache")
        if str(settings.get(f"{kind}_backend") or "").endswith(".memory")
    ]
    if volatile:
        names, verb = " and ".join(volatile), "is" if len(volatile) == 1 else "are"
        raise CannotShare(_VOLATILE.format(workers=workers, names=names, verb=verb))


def serve_file(path: str, *, port: int, workers: int) -> int:
    """Serve what an ini file describes; returns the exit code.

    Of `[server:main]` the address, `threads` and the options about proxies hold.

    Raises:
        CannotShare: the file asks for another server than waitress, or several addresses.
    """
    options = {"http_port": str(port)}
    section = plaster.get_loader(path, protocols=["wsgi"]).get_settings("server:main", options)
    if "waitress" not in str(section.get("use", "waitress")):
        raise CannotShare(f"--workers has a server of its own, and {path} names another one.")
    setup_logging(path, options)
    ignored = sorted(set(section) - _HONOURED - set(_PASTE))
    if ignored:
        logger.warning("Several workers heed nothing of [server:main]: %s.", ", ".join(ignored))
    adjustments = Adjustments(**{k: v for k, v in section.items() if k in _HONOURED})
    app = functools.partial(_app_of_file, path, options, adjustments)
    return _serve(_listeners(adjustments, workers), workers=workers, make_app=app)


def serve_folder(
    folder: Path,
    *,
    host: str,
    port: int,
    threads: int,
    workers: int,
    listening: Callable[[], None],
) -> int:
    """Serve the data of one folder, without configuration file; returns the exit code.

    Args:
        listening: called once the address is ours.
    """
    adjustments = Adjustments(host=host, port=port, threads=threads)
    app = functools.partial(_app_of_folder, folder, adjustments)
    listeners = _listeners(adjustments, workers)
    listening()
    return _serve(listeners, workers=workers, make_app=app)


def _app_of_file(path: str, options: dict[str, str], adjustments: Adjustments) -> Any:
    setup_logging(path, options)
    return _wrapped(get_app(path, "main", options=options), adjustments)


def _app_of_folder(folder: Path, adjustments: Adjustments) -> Any:
    return _wrapped(standalone.environment(folder, "start")["app"], adjustments)


def _wrapped(app: Any, adjustments: Adjustments) -> Any:
    return gateway.Gateway(
        gateway.behind_proxy(app, adjustments),
        threads=adjustments.threads,
        max_body=adjustments.max_request_body_size,
    )


def _serve(listeners: Listeners, *, workers: int, make_app: Any) -> int:
    # Not at the top: one process is served by waitress, and should not pay for another server.
    supervisor = optional_import("kinto.cli.supervisor")
    if supervisor is None:
        raise CannotShare("--workers needs the package granian: pip install granian")
    with contextlib.closing(listeners):
        server = supervisor.Supervisor(listeners, workers=workers, make_app=make_app)
        server.run()
    return int(server.failed)


def _listeners(adjustments: Adjustments, workers: int) -> Listeners:
    """Return the listening sockets of the address of `[server:main]`.

    Raises:
        CannotShare: it is a Unix socket, or there are several.
        OSError: another program listens there.
    """
    inet = [entry for entry in adjustments.listen if entry[0] in (socket.AF_INET, socket.AF_INET6)]
    if len(inet) != len(adjustments.listen) or len({entry[3][1] for entry in inet}) != 1:
        raise CannotShare("--workers listens on one address of the network.")
    family, _, _, address = sorted(inet, key=lambda entry: entry[0] != socket.AF_INET)[0]
    return Listeners(address[:2], family=family, count=workers)
