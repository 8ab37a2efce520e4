"""`kinto webhooks`: deliver from a process of its own, look at what is not delivered, try again."""

from __future__ import annotations

import argparse
import functools
import signal
import threading
from collections.abc import Callable, Mapping
from typing import Any

from kinto.core.settings.fields import asbool
from kinto.plugins.webhooks import background, outbox

READONLY = 61
NOT_INSTALLED = 62
NO_HOOK = 63

ACTIONS = ("deliver", "status", "dead", "retry", "drop")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what follows `kinto webhooks`."""
    parser.add_argument(
        "action",
        choices=ACTIONS,
        help="deliver until interrupted; show what waits; show, retry or drop dead letters",
    )
    parser.add_argument("hook", nargs="?", help="only this hook (`retry` and `drop` need it)")
    parser.add_argument("ids", nargs="*", metavar="ID", help="only these dead letters")
    parser.add_argument(
        "--once", action="store_true", help="with `deliver`: what is due now, then end"
    )


def run(args: argparse.Namespace, env: Mapping[str, Any]) -> int:
    """Carry out one action.

    Returns 0, or 61 on a read-only server, 62 without hooks, 63 when there is no such hook.
    """
    registry = env["registry"]
    hooks = getattr(registry, "webhooks", None)
    if not hooks:
        print("ERROR  No webhooks are configured.")
        return NOT_INSTALLED
    if asbool(registry.settings.get("readonly")):
        print("ERROR  Webhooks cannot be worked on while in readonly mode.")
        return READONLY
    needs_hook = args.action in ("retry", "drop")
    if (args.hook is None and needs_hook) or (args.hook is not None and args.hook not in hooks):
        print(f"ERROR  Name one of these hooks: {' '.join(hooks)}")
        return NO_HOOK
    chosen = [args.hook] if args.hook else list(hooks)
    work: dict[str, Callable[[], None]] = {
        "deliver": functools.partial(_deliver, registry, chosen, once=args.once),
        "status": functools.partial(_status, registry.storage, chosen),
        "dead": functools.partial(_dead, registry.storage, chosen),
        "retry": functools.partial(_retry, registry.storage, args.hook, args.ids),
        "drop": functools.partial(_drop, registry.storage, args.hook, args.ids),
    }
    work[args.action]()
    return 0


def _deliver(registry: Any, chosen: list[str], *, once: bool) -> None:
    registry.webhooks = {name: registry.webhooks[name] for name in chosen}
    if once:
        for deliverer in background.deliverers(registry):
            print(f"{background.run_safely(deliverer)} event(s) delivered.")
            deliverer.lease.release()
        return
    woken, stopping = threading.Event(), threading.Event()

    def stop(number: int, frame: Any) -> None:
        stopping.set()
        woken.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    background.run_until(registry, woken, is_stopping=stopping.is_set)


def _status(storage: Any, chosen: list[str]) -> None:
    for hook in chosen:
        waiting = [
            (list_id, count)
            for list_id in sorted(outbox.lists(storage, hook))
            if (count := storage.count_all(outbox.EVENTS, list_id))
        ]
        dead = storage.count_all(outbox.DEAD, outbox.place_of(hook))
        total = sum(count for _, count in waiting)
        print(f"{hook}: {total} event(s) waiting, {dead} dead letter(s)")
        troubles = outbox.troubles(storage, hook)
        for list_id, count in waiting:
            trouble = troubles.get(list_id)
            told = f", {trouble['attempts']} attempt(s), {trouble['reason']}" if trouble else ""
            print(f"  {list_id.removeprefix(outbox.place_of(hook))}: {count}{told}")


def _dead(storage: Any, chosen: list[str]) -> None:
    for hook in chosen:
        for letter in outbox.dead_letters(storage, hook):
            event = letter["event"]
            print(
                f"{hook} {letter['id']} {event['date']} {event['action']} {event['uri']}: "
                f"{letter['reason']}"
            )


def _retry(storage: Any, hook: str, ids: list[str]) -> None:
    print(f"{outbox.retry(storage, hook, ids=ids)} event(s) put in the outbox again.")


def _drop(storage: Any, hook: str, ids: list[str]) -> None:
    print(f"{outbox.drop(storage, hook, ids=ids)} dead letter(s) removed.")
