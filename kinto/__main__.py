"""The `kinto` command, also run by `python -m kinto`.

A face: the work is in `kinto.cli`. What a command uses from outside is looked up here at each
call, because suites replace it under the names below.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Sequence

from pyramid.paster import bootstrap
from pyramid.scripts import pserve

from kinto.cli import users as accounts_scripts
from kinto.cli.commands import Tools, run
from kinto.core import scripts as core_scripts

__all__ = [
    "DEFAULT_CONFIG_FILE",
    "DEFAULT_LOG_FORMAT",
    "DEFAULT_LOG_LEVEL",
    "DEFAULT_PORT",
    "accounts_scripts",
    "bootstrap",
    "core_scripts",
    "logging",
    "main",
    "pserve",
    "subprocess",
]

DEFAULT_CONFIG_FILE = os.getenv("KINTO_INI", "config/kinto.ini")
DEFAULT_PORT = 8888
DEFAULT_LOG_LEVEL = logging.INFO
DEFAULT_LOG_FORMAT = "%(levelname)-5.5s  %(message)s"


def main(args: Sequence[str] | None = None) -> int:
    """Run one command; `args` are those of the command line without the program's name."""
    tools = Tools(
        ask=input,
        bootstrap=bootstrap,
        core_scripts=core_scripts,
        accounts_scripts=accounts_scripts,
        logging=logging,
        pserve=pserve,
        subprocess=subprocess,
        default_ini=DEFAULT_CONFIG_FILE,
        default_port=DEFAULT_PORT,
        log_format=DEFAULT_LOG_FORMAT,
        log_level=DEFAULT_LOG_LEVEL,
    )
    return run(sys.argv[1:] if args is None else list(args), tools)


if __name__ == "__main__":
    sys.exit(main())
