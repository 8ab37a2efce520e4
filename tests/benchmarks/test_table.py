"""The table of the benchmark: medians, shares of the bare view, and the promise."""

from collections.abc import Iterator
from itertools import cycle

import pytest

from benchmarks.__main__ import OURS, PYRAMID, WSGI, Cell, Figures, Measure, measure, report
from benchmarks.scenarios import BARE, SCENARIOS, Site

SITE = Site(0, "", "")


def figures(*, get: float) -> Figures:
    made: Figures = {(bare, BARE.name): [Measure(1000, 1.0)] * 3 for bare in (WSGI, PYRAMID)}
    for server in OURS.values():
        made |= {(server, scenario.name): [Measure(100, 0.1)] * 3 for scenario in SCENARIOS}
    made[OURS["memory"], BARE.name] = [Measure(1, get), Measure(410, get), Measure(9999, get)]
    return made


class SlowingLoad:
    """A machine on which everything takes twice as long with every measure of the reference."""

    def __init__(self) -> None:
        self.speed = 1.0

    def rate(self, cell: Cell) -> float:
        if cell.server == PYRAMID:
            self.speed /= 2
            return 1000 * self.speed
        return 600 * self.speed


def test_a_cell_is_compared_with_what_the_reference_did_before_and_after_it() -> None:
    reference, cell = Cell(PYRAMID, BARE, SITE), Cell(OURS["memory"], BARE, SITE)
    found = measure([cell], reference=reference, rounds=3, load=SlowingLoad())  # type: ignore[arg-type]
    shares = [each.share for each in found[cell.server, BARE.name]]
    assert shares == [pytest.approx(0.8)] * 3


def test_every_cell_is_measured_once_a_round() -> None:
    cells = [Cell("a server", scenario, SITE) for scenario in SCENARIOS]
    rates: Iterator[float] = cycle([1.0])

    class Load:
        def rate(self, cell: Cell) -> float:
            return next(rates)

    found = measure(cells, reference=Cell(PYRAMID, BARE, SITE), rounds=4, load=Load())  # type: ignore[arg-type]
    assert [len(found["a server", scenario.name]) for scenario in SCENARIOS] == [4] * len(cells)


@pytest.mark.parametrize(("get", "verdict"), [(0.41, "is reached"), (0.39, "is NOT reached")])
def test_every_request_has_a_line_and_the_promise_is_judged(get: float, verdict: str) -> None:
    lines: list[str] = []
    report(figures(get=get), lines.append)
    assert f"| GET record | 410 | {get:.2f} | 100 | 0.10 |" in lines
    assert all(any(scenario.name in line for line in lines) for scenario in SCENARIOS)
    assert verdict in lines[-1]
