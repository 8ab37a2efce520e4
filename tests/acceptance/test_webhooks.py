"""Webhooks through an outage, on both databases that keep what they acknowledge."""

from __future__ import annotations

import pytest

from tests.plugins.webhooks.recovery import tell_the_story


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
def test_an_outage_of_the_receiver_loses_nothing_and_delays_no_write(backend, tmp_path, report):
    seen = tell_the_story(backend, tmp_path, changes=100)
    report(
        f"webhooks, {backend}: {sum(map(len, seen.written.values()))} events, "
        f"{seen.repeated} repeated, slowest write {seen.slowest_write * 1000:.0f} ms, "
        f"all there {seen.seconds_until_all:.1f} s after the recovery"
    )
    assert seen.arrived == seen.written
    assert seen.slowest_write < 1
