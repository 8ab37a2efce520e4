"""`kinto attachments gc`: remove the files that no record has."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from kinto.cli.progress import ProgressBar
from kinto.core.runtime.optional import optional_import
from kinto.core.settings.fields import asbool

READONLY = 71
NOT_INSTALLED = 72


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what follows `kinto attachments`."""
    parser.add_argument(
        "action", choices=("gc",), help="remove files, links and uploads that nobody needs"
    )
    parser.add_argument("--dry-run", action="store_true", help="only tell what would be removed")
    parser.add_argument(
        "--grace",
        type=int,
        metavar="SECONDS",
        help="age from which things may be removed (default: the setting"
        " `attachment.upload_grace_seconds`, a day)",
    )


def run(args: argparse.Namespace, env: Mapping[str, Any]) -> int:
    """Collect garbage, and tell how much there was.

    Returns 0, or 71 on a read-only server, 72 without the attachments plugin.
    """
    registry = env["registry"]
    if not hasattr(registry, "attachments_store"):
        print("ERROR  The attachments plugin is not installed.")
        return NOT_INSTALLED
    if asbool(registry.settings.get("readonly")) and not args.dry_run:
        print("ERROR  Files cannot be removed while in readonly mode.")
        return READONLY
    # The plugin is loaded already: its store is there. Other commands need not load it.
    plugin: Any = optional_import("kinto.plugins.attachments")
    collecting: Any = optional_import("kinto.plugins.attachments.collecting")
    grace = args.grace
    if grace is None:
        grace = plugin.AttachmentSettings.from_mapping(registry.settings).upload_grace_seconds
    bar = ProgressBar(0, what="files and links")
    done = collecting.collect(
        registry, grace_seconds=grace, dry_run=args.dry_run, looked_at=bar.advance
    )
    bar.finish()
    verb = "would be removed" if args.dry_run else "removed"
    print(f"{done.files} file(s) without record {verb}, {done.bytes} bytes.")
    print(f"{done.links} link(s) to records that are gone {verb}.")
    print(f"{done.uploads} unfinished upload(s) {verb}, {done.drafts} draft(s).")
    if done.kept:
        print(f"{done.kept} file(s) without record stay, as `keep_old_files` says.")
    return 0
