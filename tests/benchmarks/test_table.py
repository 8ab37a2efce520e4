"""The table of the benchmark: medians, ratios round by round, promises judged; and the picture."""

from itertools import cycle
from xml.etree import ElementTree

import pytest

from benchmarks import picture, report
from benchmarks.measuring import Cell, Figures, Measure, measure
from benchmarks.scenarios import BATCH_READS, GET, ON_A_FLOOR, Scenario, Site
from benchmarks.servers import busy_seconds

SITE = Site(0)


def figures(**rates: list[float]) -> Figures:
    """Rates of GET by server, a space in whose name is written as `_`."""
    made = Figures()
    for server, values in rates.items():
        for rate in values:
            made.add(Cell(server.replace("_", " "), GET, SITE), Measure(rate, 1e6 / rate))
    return made


def test_a_ratio_compares_what_was_measured_in_the_same_round() -> None:
    found = figures(ours=[100, 10, 50], floor=[200, 20, 400])
    assert found.ratio(("ours", GET.name), ("floor", GET.name)) == 0.5
    assert (found.rate("ours", GET.name), found.cpu("ours", GET.name)) == (50, 20_000)


def test_every_cell_is_measured_once_a_round_with_what_it_is_compared_with_beside_it() -> None:
    cells = [Cell(server, each, SITE) for server in ("a", "b") for each in ON_A_FLOOR]
    asked: list[Cell] = []
    rates = cycle([1.0])

    class Load:
        def measure(self, cell: Cell) -> Measure:
            asked.append(cell)
            return Measure(next(rates), 1.0)

    measure(cells, rounds=3, load=Load())  # type: ignore[arg-type]
    for start in range(0, len(asked), len(cells)):
        one_round = asked[start : start + len(cells)]
        assert {cell.key for cell in one_round} == {cell.key for cell in cells}
        names = [cell.scenario.name for cell in one_round]
        assert names[::2] == names[1::2]
    assert len(asked) == 3 * len(cells)


@pytest.mark.parametrize(
    ("ratio", "at_most", "verdict"),
    [(0.5, False, "met"), (0.49, False, "NOT met"), (0.5, True, "met"), (0.51, True, "NOT met")],
)
def test_a_promise_is_judged(ratio: float, at_most: bool, verdict: str) -> None:
    row = report.Row("GET", "50/s", "floor 100/s", ratio, 0.5, at_most=at_most)
    assert row.verdict == verdict
    assert row.line().endswith(f"| {verdict} |")


def test_what_is_only_told_is_not_judged() -> None:
    assert report.Row("GET", "50/s", "floor 100/s", 0.1).verdict == ""


def test_ours_is_set_beside_the_floor_of_its_backend() -> None:
    made = Figures()
    for server, rate in (("ours memory", 60.0), ("floor memory", 100.0)):
        for scenario in ON_A_FLOOR:
            made.add(Cell(server, scenario, SITE), Measure(rate, 1.0))
    rows = list(report.floors(made, "memory"))
    assert [row.work for row in rows] == [f"{each.name}, memory" for each in ON_A_FLOOR]
    assert {row.ratio for row in rows} == {0.6}
    promised = [each.target is not None for each in ON_A_FLOOR]
    assert [row.verdict for row in rows] == ["met" if is_one else "" for is_one in promised]


def test_a_batch_counts_as_many_operations_as_it_holds() -> None:
    made = figures(ours_memory=[100])
    made.add(Cell("ours memory", BATCH_READS, SITE), Measure(20, 1.0))
    row = next(row for row in _batches(made) if row.work.startswith(BATCH_READS.name))
    assert (row.ratio, row.measured, row.verdict) == (5.0, "500 records/s", "met")


def _batches(made: Figures) -> list[report.Row]:
    for scenario, (single, _) in report.BATCHES.items():
        for each in (scenario, single):
            if not made.has("ours memory", each.name):
                made.add(Cell("ours memory", each, SITE), Measure(1, 1.0))
    return list(report.batches(made, "memory"))


def test_a_peer_that_was_not_measured_has_no_line() -> None:
    assert list(report.peers(Figures())) == []


def test_requests_are_whole_http_texts() -> None:
    for scenario in ON_A_FLOOR:
        assert_whole(scenario)


def assert_whole(scenario: Scenario) -> None:
    for text in scenario.requests(SITE):
        head, _, body = text.partition("\r\n\r\n")
        assert " HTTP/1.1\r\nHost: " in head
        assert (f"Content-Length: {len(body)}" in head) == bool(body)


def test_the_picture_is_well_formed_and_shows_every_rate() -> None:
    bars = [picture.Bar("floor", 2000, "floor"), picture.Bar("Kinto <b>", 1000, "ours")]
    root = ElementTree.fromstring(picture.draw([("GET", bars)], title="Rates"))
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts == ["Rates", "GET", "2,000/s floor", "1,000/s Kinto <b>"]
    widths = [float(e.get("width", 0)) for e in root.iter("{http://www.w3.org/2000/svg}rect")][1:]
    assert widths[0] == 2 * widths[1]


def test_the_note_tells_whether_two_cores_were_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    made = Figures()
    one = Cell("ours postgresql", GET, SITE, report.ALL_CORES)
    two = Cell("two processes", GET, SITE, report.ALL_CORES)
    made.add(one, Measure(1000, 500.0))
    made.add(two, Measure(1500, 600.0, load=100.0, rest=300.0))
    busy, limit = report.cores(made)
    assert "1.50 of 2 cores" in busy
    assert "Kinto 0.90, the load generator 0.15, PostgreSQL and all else 0.45" in busy
    assert "600 + 100 + 300 µs" in limit
    assert "2,000 a second: 2.00 times" in limit


def test_the_cores_compute_while_somebody_computes() -> None:
    before = busy_seconds()
    while (now := busy_seconds()) == before:
        pass
    assert now > before
