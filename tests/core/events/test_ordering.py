"""The changes of a unit as they happened, although events are merged."""

from __future__ import annotations

from types import SimpleNamespace

from kinto.core.events import ACTIONS, EventCollector, changes_in_order

KNOWN = ("record", "group")


def told(*changes):
    """What a subscriber is given: for each event, names of the objects in order."""
    collector = EventCollector()
    for resource_name, action, name in changes:
        payload = {"resource_name": resource_name}
        collector.add_event(resource_name, "", action, payload, [{"new": name}], None)
    request = SimpleNamespace(bound_data={"resource_events": collector})
    given = []
    for waiting in collector.drain():
        if waiting.resource_name in KNOWN and waiting.action is not ACTIONS.READ:
            event = SimpleNamespace(
                request=request, impacted_objects=waiting.impacted, payload=waiting.payload
            )
            found = changes_in_order(event, resources=KNOWN, reader="test")
            given.append([change.impacted["new"] for change in found])
    assert list(request.bound_data) == ["resource_events"]
    return given


CREATE, UPDATE, DELETE, READ = ACTIONS.CREATE, ACTIONS.UPDATE, ACTIONS.DELETE, ACTIONS.READ


def test_one_event_is_told_at_once():
    assert told(("record", CREATE, "a"), ("record", CREATE, "b")) == [["a", "b"]]


def test_what_was_grouped_is_in_order_again():
    changes = [
        ("record", CREATE, "made"),
        ("record", DELETE, "deleted"),
        ("record", CREATE, "made again"),
        ("group", UPDATE, "changed"),
        ("record", DELETE, "deleted again"),
    ]
    assert told(*changes) == [[], [], [name for _, _, name in changes]]


def test_events_of_other_resources_are_not_waited_for():
    assert told(("record", CREATE, "a"), ("account", CREATE, "x"), ("record", READ, "a")) == [["a"]]


def test_what_subscribers_cause_comes_afterwards():
    collector = EventCollector()
    request = SimpleNamespace(bound_data={"resource_events": collector})
    collector.add_event("record", "", CREATE, {}, [{"new": "cause"}], None)
    given = []
    for waiting in collector.drain():
        event = SimpleNamespace(request=request, impacted_objects=waiting.impacted)
        found = changes_in_order(event, resources=KNOWN, reader="test")
        given += [change.impacted["new"] for change in found]
        if given == ["cause"]:
            collector.add_event("record", "", CREATE, {}, [{"new": "effect"}], None)
    assert given == ["cause", "effect"]


def test_an_event_told_by_hand_stands_alone():
    event = SimpleNamespace(request=SimpleNamespace(), impacted_objects=[{"new": "a"}])
    (change,) = changes_in_order(event, resources=KNOWN, reader="test", note=lambda event: ["b"])
    assert (change.impacted, change.noted) == ({"new": "a"}, "b")
