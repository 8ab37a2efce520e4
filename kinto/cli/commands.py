"""From arguments to the command that does the work, and from its failures to an exit code."""

from __future__ import annotations

import argparse
import errno
import logging as standard_logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from kinto.cli import (
    attachments,
    history,
    init,
    maintenance,
    plugins,
    preflight,
    quotas,
    scaffold,
    serve,
    standalone,
    webhooks,
)
from kinto.cli.parser import build_parser
from kinto.cli.workers import CannotShare
from kinto.core.settings.fields import InvalidSetting
from kinto.core.settings.loading import SettingsConflict
from kinto.core.settings.names import UnknownSetting
from kinto.core.settings.secrets import UnsafeSecret

_REFUSALS = (CannotShare, InvalidSetting, SettingsConflict, UnknownSetting, UnsafeSecret)
_LEVELS = {"quiet": standard_logging.CRITICAL, "debug": standard_logging.DEBUG}


@dataclass(frozen=True)
class Tools:
    """What a command takes from outside; `kinto.__main__` looks each up at every call."""

    ask: Callable[[str], str]
    bootstrap: Callable[..., Mapping[str, Any]]
    core_scripts: Any
    accounts_scripts: Any
    logging: Any
    pserve: Any
    subprocess: Any
    default_ini: str
    default_port: int
    log_format: str
    log_level: int


def run(argv: Sequence[str], tools: Tools) -> int:
    """Carry out the command in `argv`; returns its exit code.

    A mistake in the arguments ends the process with code 2, as argparse does. Settings that are
    refused are told in one line; other failures travel on as they are.
    """
    parser = build_parser(default_ini=tools.default_ini, default_port=tools.default_port)
    args = parser.parse_args(argv)
    if problem := _contradiction(args, tools):
        parser.error(problem)
    level = _LEVELS.get(args.verbosity, tools.log_level)
    tools.logging.basicConfig(level=level, format=tools.log_format)
    try:
        return int(COMMANDS[args.subcommand](args, argv, tools) or 0)
    except _REFUSALS as refusal:
        print(f"ERROR  {refusal}", file=sys.stderr)
        return 1
    except EOFError:
        print("ERROR  A question had no answer: give it as an option.", file=sys.stderr)
        return 1
    except OSError as failure:
        return _explained(failure, args, tools)


def uses_ini(args: argparse.Namespace, tools: Tools) -> bool:
    """Whether a configuration file rules this run: one is named, or the default one exists."""
    if getattr(args, "data", None) is not None:
        return False
    return bool(args.ini or "KINTO_INI" in os.environ or Path(tools.default_ini).exists())


def _contradiction(args: argparse.Namespace, tools: Tools) -> str | None:
    if args.ini and getattr(args, "data", None):
        return "--data is for a server without configuration file; leave out --ini or --data"
    if args.subcommand == "start" and args.host and uses_ini(args, tools):
        path = _ini(args, tools)
        return f"--host has no effect with {path}: change its [server:main], or add --data"
    if args.subcommand == "start" and args.reload and args.workers > 1:
        return "--reload is for one worker"
    return None


def _explained(failure: OSError, args: argparse.Namespace, tools: Tools) -> int:
    """One line for the two failures a user meets on the first day; others are raised again."""
    if isinstance(failure, FileNotFoundError) and failure.filename == _ini(args, tools):
        print("`kinto init` writes a configuration file.", file=sys.stderr)
    elif failure.errno == errno.EADDRINUSE and args.subcommand == "start":
        print("Another program listens there; see `--port`.", file=sys.stderr)
    else:
        raise failure
    print(f"{type(failure).__name__}: {failure}", file=sys.stderr)
    return 1


def _ini(args: argparse.Namespace, tools: Tools) -> str:
    return str(args.ini or tools.default_ini)


def _init(args: argparse.Namespace, argv: Sequence[str], tools: Tools) -> int:
    return init.write_configuration(
        _ini(args, tools),
        backend=args.backend,
        cache_backend=args.cache_backend,
        host=args.host,
        ask=tools.ask,
        subprocess=tools.subprocess,
    )


def _start(args: argparse.Namespace, argv: Sequence[str], tools: Tools) -> int:
    if not uses_ini(args, tools):
        return serve.start_standalone(args, argv=argv)
    path = _ini(args, tools)
    settings = preflight.check_file(path, http_port=args.port)
    return serve.start_from_file(path, args=args, pserve=tools.pserve, settings=settings)


def _plugins(args: argparse.Namespace, argv: Sequence[str], tools: Tools) -> int:
    settings: Mapping[str, Any] = {}
    if uses_ini(args, tools):
        path = _ini(args, tools)
        settings = preflight.check_file(path, http_port=tools.default_port, secrets=False)
    return plugins.list_plugins(settings, name=args.name)


def _version(args: argparse.Namespace, argv: Sequence[str], tools: Tools) -> int:
    print(version("kinto"))
    return 0


def _on_registry(
    work: Callable[[argparse.Namespace, Mapping[str, Any], Tools], Any],
) -> Callable[[argparse.Namespace, Sequence[str], Tools], int]:
    """Make a command of `work`, which needs the backends of the configured server."""

    def command(args: argparse.Namespace, argv: Sequence[str], tools: Tools) -> int:
        if not uses_ini(args, tools):
            env = standalone.environment(standalone.data_folder(args.data), args.subcommand)
            return int(work(args, env, tools) or 0)
        path = _ini(args, tools)
        preflight.check_file(path, http_port=tools.default_port, secrets=False)
        env = tools.bootstrap(path, options={"command": args.subcommand})
        with closing(_Closer(env)):
            return int(work(args, env, tools) or 0)

    return command


class _Closer:
    """Calls the closer of a bootstrapped environment, when there is one."""

    def __init__(self, env: Mapping[str, Any]) -> None:
        self._env = env

    def close(self) -> None:
        closer = self._env.get("closer") if isinstance(self._env, dict) else None
        if closer is not None:
            closer()


COMMANDS: dict[str, Callable[[argparse.Namespace, Sequence[str], Tools], int]] = {
    "init": _init,
    "start": _start,
    "plugins": _plugins,
    "scaffold": lambda args, argv, tools: scaffold.scaffold_plugin(
        args.name, directory=args.directory
    ),
    "version": _version,
    "migrate": _on_registry(
        lambda args, env, tools: tools.core_scripts.migrate(env, dry_run=args.dry_run)
    ),
    "flush-cache": _on_registry(lambda args, env, tools: tools.core_scripts.flush_cache(env)),
    "purge-deleted": _on_registry(
        lambda args, env, tools: tools.core_scripts.purge_deleted(
            env, args.resources, args.max_retained
        )
    ),
    "create-user": _on_registry(
        lambda args, env, tools: tools.accounts_scripts.create_user(
            env, username=args.username, password=args.password
        )
    ),
    "delete-collection": _on_registry(
        lambda args, env, tools: maintenance.delete_collection(env, args.bucket, args.collection)
    ),
    "rebuild-quotas": _on_registry(
        lambda args, env, tools: quotas.rebuild_quotas(env, dry_run=args.dry_run)
    ),
    "attachments": _on_registry(lambda args, env, tools: attachments.run(args, env)),
    "trim-history": _on_registry(lambda args, env, tools: history.trim_history(env)),
    "webhooks": _on_registry(lambda args, env, tools: webhooks.run(args, env)),
}
