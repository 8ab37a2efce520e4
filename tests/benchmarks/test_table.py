"""The table of the benchmark: medians, shares of the bare view, and the promise."""

from benchmarks.__main__ import OURS, PYRAMID, WSGI, Figures, ratio, report
from benchmarks.scenarios import BARE, SCENARIOS


def figures(*, get: float) -> Figures:
    made: Figures = {(WSGI, BARE.name): [2000.0] * 3, (PYRAMID, BARE.name): [1000, 500, 2000]}
    for server in OURS.values():
        made |= {(server, scenario.name): [100.0] * 3 for scenario in SCENARIOS}
    made[OURS["memory"], BARE.name] = [get * each for each in made[PYRAMID, BARE.name]]
    return made


def test_a_share_compares_measures_of_one_round() -> None:
    assert ratio(figures(get=0.5), OURS["memory"], BARE.name) == 0.5


def test_every_request_has_a_line_and_the_promise_is_judged() -> None:
    for get, verdict in ((0.41, "is reached"), (0.39, "is NOT reached")):
        lines: list[str] = []
        report(figures(get=get), lines.append)
        assert [
            line for line in lines if line.startswith("| GET record | 410 | 0.41 |")
        ] or get < 0.4
        assert all(any(s.name in line for line in lines) for s in SCENARIOS)
        assert verdict in lines[-1]
