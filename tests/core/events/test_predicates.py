import pytest

from kinto.core.events import ACTIONS, EventActionFilter, EventResourceFilter, ResourceChanged


def event(**payload):
    return ResourceChanged(payload, [], None)


@pytest.mark.parametrize("actions", [["create"], [ACTIONS.CREATE], (ACTIONS.CREATE, "update")])
def test_actions_are_filtered_by_member_or_by_name(actions):
    wants = EventActionFilter(actions, None)
    assert wants(event(action="create"))
    assert not wants(event(action="delete"))
    assert wants(event())


@pytest.mark.parametrize(
    ("names", "name", "passes"),
    [
        (("record",), "record", True),
        (("record",), "group", False),
        ((), "group", True),
        (("record",), None, True),
    ],
)
def test_resources_are_filtered_by_name(names, name, passes):
    payload = {} if name is None else {"resource_name": name}
    assert EventResourceFilter(names, None)(event(**payload)) == passes


def test_predicates_tell_themselves_apart():
    assert EventActionFilter(["read"], None).phash() != EventActionFilter(["create"], None).phash()
    assert EventResourceFilter(["a"], None).text() != EventResourceFilter(["b"], None).text()
