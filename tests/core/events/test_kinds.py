import pytest

from kinto.core.events import (
    ACTIONS,
    AfterResourceChanged,
    AfterResourceRead,
    ResourceChanged,
    ResourceRead,
)

CHANGES = [ResourceChanged, AfterResourceChanged]
READS = [ResourceRead, AfterResourceRead]


@pytest.mark.parametrize("kind", CHANGES + READS)
def test_an_event_tells_its_action_and_uri(kind):
    event = kind({"action": "create", "uri": "/buckets/a"}, [], None)
    assert repr(event) == f"<{kind.__name__} action=create uri=/buckets/a>"


@pytest.mark.parametrize("kind", CHANGES + READS)
def test_a_partial_payload_will_do(kind):
    assert kind({}, [], request=None).payload == {}


@pytest.mark.parametrize("kind", CHANGES)
def test_changes_by_their_former_name(kind):
    event = kind(payload={}, impacted_objects=[1], request=None)
    with pytest.warns(DeprecationWarning, match="use `impacted_objects` instead"):
        assert event.impacted_records == [1]


@pytest.mark.parametrize("kind", READS)
def test_reads_by_their_former_name(kind):
    event = kind(payload={}, read_objects=[1], request=None)
    with pytest.warns(DeprecationWarning, match="use `read_objects` instead"):
        assert event.read_records == [1]


def test_actions_are_read_from_names_or_members():
    assert ACTIONS.from_string_list(["create", ACTIONS.READ]) == (ACTIONS.CREATE, ACTIONS.READ)


def test_an_unknown_action_is_named():
    with pytest.raises(ValueError, match="'created' is not a valid ACTIONS"):
        ACTIONS.from_string_list(["created"])
