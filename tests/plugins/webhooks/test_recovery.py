"""A real server, and a receiver in trouble: nothing is lost, nothing is out of order."""

from __future__ import annotations

from tests.plugins.webhooks.recovery import tell_the_story


def test_each_event_arrives_in_order_although_the_receiver_failed_and_the_server_was_killed(
    tmp_path,
):
    seen = tell_the_story("sqlite", tmp_path, changes=5)
    assert seen.arrived == seen.written
    assert seen.slowest_write < 5
