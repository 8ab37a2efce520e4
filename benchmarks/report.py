"""The table: each promise with what it is measured against, and whether it is kept."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from benchmarks.measuring import CONNECTIONS, Figures
from benchmarks.scenarios import BATCHES, CHECKED, FILTERED, FIRST, GET, LIST, ON_A_FLOOR, POST, PUT

BACKENDS = {"memory": "memory", "sqlite": "SQLite", "postgresql": "PostgreSQL"}
PEER = "PocketBase"
AGAINST_PEER = (GET, POST, PUT, LIST, FIRST, FILTERED)
ALL_CORES = 8  # connections
MANY_CONNECTIONS = (1, 16, 64)


@dataclass(frozen=True)
class Row:
    """One line: `ratio` is judged by `target`, which is a least, or with `at_most` a most."""

    work: str
    measured: str
    reference: str
    ratio: float
    target: float | None = None
    at_most: bool = False
    unit: str = ""

    @property
    def verdict(self) -> str:
        if self.target is None:
            return ""
        met = self.ratio <= self.target if self.at_most else self.ratio >= self.target
        return "met" if met else "NOT met"

    def line(self) -> str:
        """The row in Markdown."""
        goal = ""
        if self.target is not None:
            goal = f"{'at most' if self.at_most else 'at least'} {_number(self.target)}{self.unit}"
        shown = f"{_number(self.ratio)}{self.unit}"
        cells = (self.work, self.measured, self.reference, shown, goal, self.verdict)
        return "| " + " | ".join(cells) + " |"


def floors(figures: Figures, backend: str) -> Iterator[Row]:
    """Ours beside the floor of the same backend."""
    name = BACKENDS[backend]
    for scenario in ON_A_FLOOR:
        mine, floor = (f"ours {backend}", scenario.name), (f"floor {backend}", scenario.name)
        yield Row(
            f"{scenario.name}, {name}",
            _rate(figures, *mine),
            f"floor {_rate(figures, *floor)}",
            figures.ratio(mine, floor),
            scenario.target,
        )


def batches(figures: Figures, backend: str) -> Iterator[Row]:
    """Operations a second in batches, beside single requests."""
    server = f"ours {backend}"
    for scenario, (single, target) in BATCHES.items():
        share = figures.ratio((server, scenario.name), (server, single.name)) * scenario.times
        each = figures.rate(server, scenario.name) * scenario.times
        yield Row(
            f"{scenario.name}, {BACKENDS[backend]}",
            f"{each:,.0f} records/s",
            f"single {figures.rate(server, single.name):,.0f}/s",
            share,
            target,
        )


def peers(figures: Figures) -> Iterator[Row]:
    """Ours with two workers on SQLite, beside PocketBase with all cores."""
    for scenario in AGAINST_PEER:
        mine, theirs = ("ours, 2 workers", scenario.name), (PEER, scenario.name)
        if not figures.has(*theirs, ALL_CORES):
            continue
        # The issue names five kinds of work; the sixth tells what sorting adds.
        target = None if scenario is FILTERED else 1.0
        yield Row(
            f"{scenario.name}, all cores",
            f"{figures.rate(*mine, ALL_CORES):,.0f}/s",
            f"{PEER} {figures.rate(*theirs, ALL_CORES):,.0f}/s",
            figures.ratio(mine, theirs, ALL_CORES),
            target,
        )


def workers(figures: Figures) -> Iterator[Row]:
    """Two processes beside one, reading from PostgreSQL."""
    two, one = ("two processes", GET.name), ("ours postgresql", GET.name)
    yield Row(
        "two processes, PostgreSQL, reads",
        f"{figures.rate(*two, ALL_CORES):,.0f}/s",
        f"one {figures.rate(*one, ALL_CORES):,.0f}/s",
        figures.ratio(two, one, ALL_CORES),
        1.7,
    )


def cores(figures: Figures) -> Iterator[str]:
    """Lines that tell whether two processes found two cores free, and what was possible at most."""
    key = ("two processes", GET.name, ALL_CORES)
    count = os.cpu_count() or 2
    each = figures.shares(*key)
    taken = [figures.rate(*key) * share / 1e6 for share in each]
    most = count * 1e6 / sum(each)
    one = figures.rate("ours postgresql", GET.name, ALL_CORES)
    yield (
        f"Two processes on PostgreSQL kept {sum(taken):.2f} of {count} cores busy: Kinto"
        f" {taken[0]:.2f}, the load generator {taken[1]:.2f}, PostgreSQL and all else"
        f" {taken[2]:.2f}."
    )
    yield (
        f"A read takes {each[0]:,.0f} + {each[1]:,.0f} + {each[2]:,.0f} µs of them, so that"
        f" {count} cores have time for {most:,.0f} a second: {most / one:.2f} times what one"
        " process answered."
    )


def schemas(figures: Figures, backend: str) -> Row:
    """The share of a PUT that a JSON schema costs."""
    server = f"ours {backend}"
    rest = figures.ratio((server, CHECKED.name), (server, PUT.name))
    return Row(
        f"JSON schema, share of a PUT, {BACKENDS[backend]}",
        f"{figures.rate(server, CHECKED.name):,.0f}/s",
        f"without {figures.rate(server, PUT.name):,.0f}/s",
        (1 - rest) * 100, 15, at_most=True, unit=" %",
    )  # fmt: skip


def older(figures: Figures, backend: str) -> Iterator[Row]:
    """Ours beside an older commit of ours."""
    for scenario in ON_A_FLOOR:
        mine, old = (f"ours {backend}", scenario.name), (f"older {backend}", scenario.name)
        reference = f"older {_rate(figures, *old)}"
        name = f"{scenario.name}, {BACKENDS[backend]}"
        yield Row(name, _rate(figures, *mine), reference, figures.ratio(mine, old))


def connections(figures: Figures) -> Iterator[Row]:
    """How the rate of GET on SQLite depends on the number of connections."""
    one = figures.rate("ours sqlite", GET.name, 1)
    for count in (*MANY_CONNECTIONS, CONNECTIONS):
        rate = figures.rate("ours sqlite", GET.name, count)
        reference = f"1 connection {one:,.0f}/s"
        yield Row(
            f"GET record, SQLite, {count} connections", f"{rate:,.0f}/s", reference, rate / one
        )


def table(title: str, rows: Iterable[Row]) -> Iterator[str]:
    """The lines of one table, in Markdown."""
    yield f"\n### {title}\n"
    yield "| work | ours | beside | ratio | target | |"
    yield "|---|---:|---:|---:|---:|---|"
    yield from (row.line() for row in rows)


def _rate(figures: Figures, server: str, scenario: str) -> str:
    return f"{figures.rate(server, scenario):,.0f}/s ({figures.cpu(server, scenario):,.0f} µs)"


def _number(value: float) -> str:
    return f"{value:.2f}" if abs(value) < 10 else f"{value:,.0f}"
