"""`kinto start`: from an ini file through pserve, or from nothing with data in one folder."""

from __future__ import annotations

import argparse
import functools
import logging
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import hupper

from kinto.cli import draining, preflight, standalone, workers
from kinto.core.settings import origin

THREADS = 8
CONNECTIONS = 1000
LOOPBACK = "127.0.0.1"

_WELCOME = """\
Kinto {version} keeps its data in {folder}
Development authentication: any user:password is accepted, each pair is a user of its own.
Serving on {url}/  (Ctrl-C stops it)

A first request to try, from another terminal:

  curl -X PUT -u ann:any-password {url}/buckets/a-bucket
"""


def start_from_file(
    path: str, *, args: argparse.Namespace, pserve: Any, settings: Mapping[str, Any]
) -> int:
    """Serve what an ini file describes, whose settings are given merged, until interrupted.

    Raises:
        CannotShare: several workers are asked for, which something forbids.
    """
    if args.workers > 1:
        workers.check(settings, workers=args.workers)
        return workers.serve_file(path, port=args.port, workers=args.workers)
    argv = ["kinto"]
    if args.reload:
        argv.append("--reload")
    if args.verbosity == "quiet":
        argv.append("-q")
    elif args.verbosity == "debug":
        argv.append("-v")
    argv += [path, f"http_port={args.port}"]
    with draining.graceful_waitress():
        return int(pserve.main(argv=argv) or 0)


def start_standalone(args: argparse.Namespace, *, argv: Sequence[str]) -> int:
    """Serve the data of one folder, without configuration file, until interrupted."""
    if args.reload and not hupper.is_active():
        hupper.start_reloader("kinto.__main__.main", worker_kwargs={"args": list(argv)})
        return 0
    if args.verbosity is None:
        logging.getLogger().setLevel(logging.WARNING)
    # There is no configuration file here, and that is no error.
    logging.getLogger(origin.__name__).setLevel(logging.CRITICAL)
    host = args.host or LOOPBACK
    folder = standalone.data_folder(args.data)
    if args.workers > 1:
        preflight.warn_if_exposed(standalone.settings(folder), [host])
        return workers.serve_folder(
            folder,
            host=host,
            port=args.port,
            threads=THREADS,
            workers=args.workers,
            listening=functools.partial(_greet, args, folder, host=host),
        )
    env = standalone.environment(folder, "start")
    preflight.warn_if_exposed(env["registry"].settings, [host])
    server = draining.make_server(
        env["app"],
        host=host,
        port=args.port,
        threads=THREADS,
        connection_limit=CONNECTIONS,
    )
    _greet(args, folder, host=host)
    server.run()
    return 0


def welcome(folder: Path, *, host: str, port: int) -> str:
    """The lines a newcomer reads: where the data is, who may come in, what to try."""
    shown = LOOPBACK if host in ("0.0.0.0", "::") else host  # noqa: S104 - compared, not bound
    if ":" in shown:
        shown = f"[{shown}]"
    return _WELCOME.format(
        version=version("kinto"),
        folder=folder / standalone.DATABASE,
        url=f"http://{shown}:{port}/v1",
    )


def _greet(args: argparse.Namespace, folder: Path, *, host: str) -> None:
    if args.verbosity != "quiet":
        print(welcome(folder, host=host, port=args.port), flush=True)
