"""The arguments of the `kinto` command: words and help only, no work."""

from __future__ import annotations

import argparse

from kinto.cli import attachments, webhooks

BACKENDS = ("memory", "sqlite", "postgresql", "redis")
CACHE_BACKENDS = ("memory", "sqlite", "postgresql", "memcached", "redis")

_EXAMPLES = """\
examples:
  kinto start                          serve on http://127.0.0.1:8888, data in your data folder
  kinto start --data ./data            the same, data in ./data
  kinto init --backend sqlite          write config/kinto.ini
  kinto start --ini config/kinto.ini   serve what the file describes
"""
_START = """\
Serve until interrupted. Without a configuration file the server keeps its data in one SQLite
file and accepts any user:password, which is right for development on your own machine.
"""
_START_EXAMPLES = """\
examples:
  kinto start                                      data in your data folder
  kinto start --data ./data --port 9000            data in ./data
  kinto start --ini config/kinto.ini --reload      what the file describes, restarted on changes
"""


def build_parser(*, default_ini: str, default_port: int) -> argparse.ArgumentParser:
    """Return the parser of all commands; `subcommand` is the chosen one."""
    parser = argparse.ArgumentParser(
        prog="kinto",
        description="A JSON storage server with synchronisation, sharing and permissions.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(title="commands", dest="subcommand", required=True)
    common = _common(default_ini)
    data = _data()

    def add(name: str, text: str, **options: object) -> argparse.ArgumentParser:
        parents = [common] if name in ("init", "scaffold", "version") else [common, data]
        return commands.add_parser(
            name,
            help=text,
            parents=parents,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            **{"description": text, **options},  # type: ignore[arg-type]
        )

    _init(add("init", "Write a configuration file with random secrets."))
    _start(
        add("start", "Serve until interrupted.", description=_START, epilog=_START_EXAMPLES),
        default_port,
    )
    migrate = add("migrate", "Bring the schemas of the backends up to date.")
    migrate.add_argument("--dry-run", action="store_true", help="only tell what would be done")
    add("flush-cache", "Empty the cache backend.")
    add("version", "Print the version.")
    user = add("create-user", "Create or replace a user of the accounts plugin.")
    user.add_argument("-u", "--username", help="asked when absent")
    user.add_argument("-p", "--password", help="asked, hidden, when absent")
    _purge(
        add(
            "purge-deleted",
            "Forget old tombstones.",
            epilog="example:\n  kinto purge-deleted record collection 1000",
        )
    )
    collection = add(
        "delete-collection",
        "Delete a collection, its records and permissions, without tombstones.",
        epilog="example:\n  kinto delete-collection --bucket blog --collection articles",
    )
    collection.add_argument("--bucket", required=True, help="id of the bucket")
    collection.add_argument("--collection", required=True, help="id of the collection")
    rebuild = add("rebuild-quotas", "Count again what buckets and collections hold.")
    rebuild.add_argument("--dry-run", action="store_true", help="only tell what was counted")
    attachments.add_arguments(
        add(
            "attachments",
            "Remove the files of attachments that no record has.",
            epilog="example:\n  kinto attachments gc --dry-run",
        )
    )
    add("trim-history", "Remove entries of the history that the settings do not keep.")
    scaffold = add(
        "scaffold",
        "Write a new plugin that works, with its tests and packaging.",
        epilog="example:\n  kinto scaffold plugin tally --directory ~/plugins",
    )
    scaffold.add_argument("kind", choices=["plugin"], help="what to write")
    scaffold.add_argument("name", help="lower-case letters, digits and dashes")
    scaffold.add_argument("--directory", metavar="DIR", help="where to put its folder")
    plugins = add("plugins", "List the installed plugins, their settings and URLs.")
    plugins.add_argument("name", nargs="?", help="the short name of one; default: all")
    webhooks.add_arguments(add("webhooks", "Deliver webhooks, look at what is not delivered."))
    return parser


def _common(default_ini: str) -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--ini",
        metavar="INI_FILE",
        help=f"configuration file (default: $KINTO_INI, else config/kinto.ini; now {default_ini})",
    )
    volume = common.add_mutually_exclusive_group()
    volume.add_argument(
        "-q",
        "--quiet",
        dest="verbosity",
        action="store_const",
        const="quiet",
        help="only critical messages",
    )
    volume.add_argument(
        "-v", "--debug", dest="verbosity", action="store_const", const="debug", help="all messages"
    )
    return common


def _data() -> argparse.ArgumentParser:
    data = argparse.ArgumentParser(add_help=False)
    data.add_argument(
        "--data",
        metavar="DIR",
        help="use the data in DIR, without any configuration file (default without one: your "
        "data folder)",
    )
    return data


def _init(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--backend", metavar="{" + ",".join(BACKENDS) + "}", help="default: asked")
    parser.add_argument(
        "--cache-backend", metavar="{" + ",".join(CACHE_BACKENDS) + "}", help="default: asked"
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)"
    )


def _start(parser: argparse.ArgumentParser, default_port: int) -> None:
    parser.add_argument(
        "--port",
        type=int,
        default=default_port,
        help=f"port to listen on (default: {default_port})",
    )
    parser.add_argument(
        "--host", help="address to listen on without a configuration file (default: 127.0.0.1)"
    )
    parser.add_argument(
        "--reload", action="store_true", help="restart when code or configuration changes"
    )
    parser.add_argument(
        "--workers",
        type=_at_least_one,
        default=1,
        metavar="N",
        help="processes that serve together; more than one needs shared backends (default: 1)",
    )


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _purge(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("resources", nargs="+", metavar="RESOURCE", help="for example `record`")
    parser.add_argument(
        "max_retained", type=int, metavar="MAX_RETAINED", help="newest tombstones kept in each list"
    )
