"""Rounds: every cell once, in an order drawn anew, so that what else runs hits all alike."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.scenarios import Scenario, Site
from benchmarks.servers import busy_seconds, cpu_seconds
from tests.servers import ROOT

CONNECTIONS = 4


@dataclass(frozen=True)
class Cell:
    """One figure: a scenario on a server."""

    server: str
    scenario: Scenario
    site: Site
    connections: int = CONNECTIONS

    @property
    def key(self) -> tuple[str, str, int]:
        return self.server, self.scenario.name, self.connections


@dataclass(frozen=True)
class Measure:
    """Requests a second, and microseconds that were computed for each of them.

    Attributes:
        cpu: by the server.
        load: by the load generator.
        rest: by everything else that ran meanwhile: the database, and strangers.
    """

    rate: float
    cpu: float
    load: float = 0.0
    rest: float = 0.0


class Figures:
    """What was measured, by cell; every answer is a median over the rounds."""

    def __init__(self) -> None:
        self._measures: dict[tuple[str, str, int], list[Measure]] = defaultdict(list)

    def add(self, cell: Cell, measure: Measure) -> None:
        self._measures[cell.key].append(measure)

    def has(self, server: str, scenario: str, connections: int = CONNECTIONS) -> bool:
        return (server, scenario, connections) in self._measures

    def rate(self, server: str, scenario: str, connections: int = CONNECTIONS) -> float:
        return median(each.rate for each in self._of(server, scenario, connections))

    def cpu(self, server: str, scenario: str, connections: int = CONNECTIONS) -> float:
        return median(each.cpu for each in self._of(server, scenario, connections))

    def shares(
        self, server: str, scenario: str, connections: int = CONNECTIONS
    ) -> tuple[float, float, float]:
        """Microseconds of one request: of the server, of the load generator, of the rest."""
        measures = self._of(server, scenario, connections)
        return (
            median(each.cpu for each in measures),
            median(each.load for each in measures),
            median(each.rest for each in measures),
        )

    def ratio(
        self, one: tuple[str, str], other: tuple[str, str], connections: int = CONNECTIONS
    ) -> float:
        """How fast `one` (server, scenario) is as a share of `other`, round by round."""
        pairs = zip(self._of(*one, connections), self._of(*other, connections), strict=True)
        return median(mine.rate / theirs.rate for mine, theirs in pairs)

    def _of(self, server: str, scenario: str, connections: int) -> list[Measure]:
        return self._measures[server, scenario, connections]


class Load:
    """The load generator's process."""

    def __init__(self, *, seconds: float) -> None:
        self._seconds = seconds
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.load"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def measure(self, cell: Cell) -> Measure:
        """Measure once.

        Raises:
            RuntimeError: an answer was not the expected one.
        """
        assert self._process.stdin and self._process.stdout
        job = {
            "port": cell.site.port,
            "requests": cell.scenario.requests(cell.site),
            "statuses": cell.scenario.statuses,
            "connections": cell.connections,
            "seconds": self._seconds,
        }
        before = self._computed(cell.site.pid)
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        result = json.loads(self._process.stdout.readline())
        if "error" in result:
            raise RuntimeError(f"{cell.server}, {cell.scenario.name}: {result['error']}")
        after = self._computed(cell.site.pid)
        done = max(result["requests"], 1)
        server, load, all_cores = (
            (late - early) / done * 1e6 for early, late in zip(before, after, strict=True)
        )
        rest = max(all_cores - server - load, 0.0)
        return Measure(result["requests"] / result["seconds"], server, load, rest)

    def _computed(self, pid: int) -> tuple[float, float, float]:
        """Seconds computed so far: by a server, by the load generator, by the machine."""
        return cpu_seconds(pid), cpu_seconds(self._process.pid), busy_seconds()

    def stop(self) -> None:
        self._process.kill()
        self._process.wait(10)


def measure(cells: Sequence[Cell], *, rounds: int, load: Load, seed: int = 1) -> Figures:
    """Measure every cell `rounds` times. What belongs to one backend stays together."""
    figures = Figures()
    chance = random.Random(seed)
    for number in range(rounds):
        for cell in sorted(cells, key=_neighbourhood(chance)):
            figures.add(cell, load.measure(cell))
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
    return figures


def _neighbourhood(chance: random.Random) -> Callable[[Cell], tuple[float, float]]:
    """A key that shuffles scenarios, and servers within a scenario: compared cells are close."""
    places: dict[str, float] = {}

    def key(cell: Cell) -> tuple[float, float]:
        place = places.setdefault(cell.scenario.name, chance.random())
        return place, chance.random()

    return key
