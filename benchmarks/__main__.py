"""`python -m benchmarks [--quick]`: start everything, measure in rounds, print the table.

A round measures every cell once, in an order that changes from round to round, and the bare
Pyramid view again after every few of them: whatever else the machine does hits a cell and what it
is compared with alike. A figure is the median over the rounds.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.scenarios import BARE, SCENARIOS, Scenario, Site, prepare
from tests.servers import HOST, ROOT, configured, free_port, wait_until_open

THREADS = 4
CONNECTIONS = 4
TARGET = 0.40
CELLS_BETWEEN_REFERENCES = 3
PYRAMID = "bare Pyramid view"
WSGI = "bare WSGI view"
OURS = {"memory": "Kinto, memory", "sqlite": "Kinto, SQLite"}


@dataclass(frozen=True)
class Cell:
    """One figure of the table: a scenario on a server."""

    server: str
    scenario: Scenario
    site: Site


@dataclass(frozen=True)
class Measure:
    """Requests a second, and the share of what the reference did just before and after."""

    rate: float
    share: float


Figures = dict[tuple[str, str], list[Measure]]  # by server and scenario


class Load:
    """The load generator's process; `rate(cell)` is requests a second."""

    def __init__(self, *, seconds: float) -> None:
        self._seconds = seconds
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.load"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def rate(self, cell: Cell) -> float:
        """Measure once.

        Raises:
            RuntimeError: an answer was not the expected one.
        """
        assert self._process.stdin and self._process.stdout
        job = {
            "port": cell.site.port,
            "requests": cell.scenario.requests(cell.site),
            "statuses": cell.scenario.statuses,
            "connections": CONNECTIONS,
            "seconds": self._seconds,
        }
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        result = json.loads(self._process.stdout.readline())
        if "error" in result:
            raise RuntimeError(f"{cell.server}, {cell.scenario.name}: {result['error']}")
        return result["requests"] / result["seconds"]

    def stop(self) -> None:
        self._process.kill()
        self._process.wait(10)


@contextmanager
def bare_server(kind: str) -> Iterator[Site]:
    """One of `benchmarks.bare`, for the length of the block."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.bare", kind, str(port), str(THREADS)]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        wait_until_open(port)
        yield Site(port, "", "")
    finally:
        process.kill()
        process.wait(10)


@contextmanager
def kinto_server(backend: str, folder: Path) -> Iterator[Site]:
    """Our server on an empty store, filled, for the length of the block."""
    server = configured(backend=backend, data=folder, name=backend, threads=THREADS)
    try:
        server.start()
        started = time.perf_counter()
        site = prepare(server.port)
        print(f"{OURS[backend]}: filled in {time.perf_counter() - started:.1f} s")
        yield site
    finally:
        server.kill()


def measure(
    cells: Sequence[Cell], *, reference: Cell, rounds: int, load: Load, seed: int = 1
) -> Figures:
    """Measure every cell `rounds` times, the reference before and after each few of them."""
    figures: Figures = defaultdict(list)
    chance = random.Random(seed)
    before = load.rate(reference)
    for number in range(rounds):
        order = chance.sample(cells, len(cells))
        for start in range(0, len(order), CELLS_BETWEEN_REFERENCES):
            group = order[start : start + CELLS_BETWEEN_REFERENCES]
            rates = [load.rate(cell) for cell in group]
            after = load.rate(reference)
            beside = (before + after) / 2
            for cell, rate in zip(group, rates, strict=True):
                figures[cell.server, cell.scenario.name].append(Measure(rate, rate / beside))
            figures[reference.server, reference.scenario.name].append(Measure(after, 1.0))
            before = after
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
    return figures


def rate_of(figures: Figures, server: str, scenario: str) -> float:
    """The median of the requests a second of a cell."""
    return median(each.rate for each in figures[server, scenario])


def share_of(figures: Figures, server: str, scenario: str) -> float:
    """The median of the shares of a cell."""
    return median(each.share for each in figures[server, scenario])


def table(figures: Figures, *, names: Sequence[str]) -> Iterator[str]:
    """The lines of the table, in Markdown."""
    yield ("| request | " + " | ".join(f"{OURS[name]}: req/s | of Pyramid" for name in OURS) + " |")
    yield "|---|" + "---:|---:|" * len(OURS)
    for bare in (WSGI, PYRAMID):
        rate, share = rate_of(figures, bare, BARE.name), share_of(figures, bare, BARE.name)
        yield f"| {bare} | {rate:,.0f} | {share:.2f} |" + "  |  |" * (len(OURS) - 1)
    for name in names:
        pairs = [
            f" {rate_of(figures, server, name):,.0f} | {share_of(figures, server, name):.2f} |"
            for server in OURS.values()
        ]
        yield f"| {name} |" + "".join(pairs)


def report(figures: Figures, say: Callable[[str], None] = print) -> None:
    """Print the table and what it says about the promise."""
    for line in table(figures, names=[scenario.name for scenario in SCENARIOS]):
        say(line)
    share = share_of(figures, OURS["memory"], BARE.name)
    verdict = "reached" if share >= TARGET else "NOT reached"
    say(f"\nGET record on memory: {share:.0%} of the bare Pyramid view; {TARGET:.0%} is {verdict}.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 0 when all answers were the expected ones."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="three short rounds (a minute)")
    parser.add_argument("--rounds", type=int, help="how many rounds (default 7; 3 when quick)")
    parser.add_argument("--seconds", type=float, help="of one measure (default 0.6; 0.25)")
    chosen = parser.parse_args(arguments)
    rounds = chosen.rounds or (3 if chosen.quick else 7)
    seconds = chosen.seconds or (0.25 if chosen.quick else 0.6)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        bare = {
            WSGI: stack.enter_context(bare_server("wsgi")),
            PYRAMID: stack.enter_context(bare_server("pyramid")),
        }
        reference = Cell(PYRAMID, BARE, bare[PYRAMID])
        cells = [Cell(WSGI, BARE, bare[WSGI])]
        for backend, name in OURS.items():
            site = stack.enter_context(kinto_server(backend, folder))
            cells += [Cell(name, scenario, site) for scenario in SCENARIOS]
        load = Load(seconds=seconds)
        stack.callback(load.stop)
        figures = measure(cells, reference=reference, rounds=rounds, load=load)
    print(
        f"\nPython {platform.python_version()}, waitress with {THREADS} threads on {HOST}, "
        f"{CONNECTIONS} connections,\nmedian of {rounds} rounds of {seconds} s.\n"
    )
    report(figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
