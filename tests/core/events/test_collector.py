from kinto.core.events import ACTIONS, EventCollector, EventCollectorDrain


def add(collector, name, *objects, parent="", action=ACTIONS.CREATE, request=None):
    collector.add_event(name, parent, action, {"of": objects[0]}, list(objects), request)


def drained(collector):
    return [(event.level, event.resource_name, event.impacted) for event in collector.drain()]


def test_events_come_out_in_the_order_of_their_first_operation():
    collector = EventCollector()
    add(collector, "record", 1)
    add(collector, "group", 2)
    add(collector, "record", 3)
    assert drained(collector) == [(1, "record", [1, 3]), (1, "group", [2])]


def test_the_payload_and_the_request_of_the_first_operation_are_kept():
    collector = EventCollector()
    add(collector, "record", 1, request="first")
    add(collector, "record", 2, request="second")
    [event] = collector.drain()
    assert event.payload == {"of": 1}
    assert event.request == "first"


def test_parents_and_actions_keep_events_apart():
    collector = EventCollector()
    add(collector, "record", 1, parent="/a")
    add(collector, "record", 2, parent="/b")
    add(collector, "record", 3, parent="/a", action=ACTIONS.DELETE)
    assert [impacted for _, _, impacted in drained(collector)] == [[1], [2], [3]]


def test_an_event_caused_by_a_subscriber_comes_last_and_is_not_merged():
    collector = EventCollector()
    add(collector, "record", 1)
    add(collector, "group", 2)
    seen = []
    for event in collector.drain():
        seen.append((event.level, event.resource_name, list(event.impacted)))
        if event.level == 1 and event.resource_name == "record":
            add(collector, "record", 3)
    assert seen == [(1, "record", [1]), (1, "group", [2]), (2, "record", [3])]


def test_a_drain_is_a_tuple_like_iterator():
    collector = EventCollector()
    add(collector, "record", 1, request="r")
    drain = collector.drain()
    assert isinstance(drain, EventCollectorDrain)
    assert tuple(next(drain)) == (1, "record", "", ACTIONS.CREATE, {"of": 1}, [1], "r")


def test_a_list_given_to_the_collector_is_not_changed_by_merging():
    collector = EventCollector()
    mine = [1]
    collector.add_event("record", "", ACTIONS.CREATE, {}, mine, None)
    add(collector, "record", 2)
    assert mine == [1]


def test_what_was_added_since_a_mark_can_be_forgotten():
    collector = EventCollector()
    add(collector, "record", 1)
    mark = collector.mark()
    add(collector, "record", 2, 3)
    add(collector, "group", 4)
    add(collector, "record", 5)
    collector.rollback_to(mark)
    assert drained(collector) == [(1, "record", [1])]


def test_marks_can_be_nested_and_used_twice():
    collector = EventCollector()
    outer = collector.mark()
    add(collector, "record", 1)
    inner = collector.mark()
    add(collector, "record", 2)
    collector.rollback_to(inner)
    add(collector, "record", 3)
    collector.rollback_to(inner)
    assert drained(collector) == [(1, "record", [1])]
    collector.rollback_to(outer)
    assert drained(collector) == []


def test_a_mark_survives_an_early_dispatch():
    collector = EventCollector()
    add(collector, "record", 1)
    mark = collector.mark()
    add(collector, "group", 2)
    for event in collector.drain():
        collector.remember(event)
    add(collector, "record", 3)
    collector.rollback_to(mark)
    assert drained(collector) == []
    assert list(collector.take_sent()) == []


def test_after_the_commit_levels_are_merged():
    collector = EventCollector()
    add(collector, "record", 1)
    for event in collector.drain():
        collector.remember(event)
        if event.level == 1:
            add(collector, "record", 2)
    assert [event.impacted for event in collector.take_sent()] == [[1, 2]]


def test_what_is_sent_twice_is_the_same_list():
    collector = EventCollector()
    add(collector, "record", 1)
    [before] = collector.drain()
    collector.remember(before)
    [after] = collector.take_sent()
    assert after.impacted is before.impacted
    assert after.payload is before.payload


def test_the_list_a_subscriber_holds_does_not_grow_when_a_cascade_is_merged():
    collector = EventCollector()
    add(collector, "record", 1)
    held = []
    for event in collector.drain():
        collector.remember(event)
        held.append(event.impacted)
        if event.level == 1:
            add(collector, "record", 2)
    [after] = collector.take_sent()
    assert (held, after.impacted) == ([[1], [2]], [1, 2])
