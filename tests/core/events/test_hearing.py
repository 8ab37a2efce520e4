"""Who would be told of a change."""

from pyramid.config import Configurator

from kinto.core.events import (
    ACTIONS,
    AfterResourceChanged,
    EventActionFilter,
    EventResourceFilter,
    ResourceChanged,
    ResourceRead,
)
from kinto.core.events.hearing import is_told


class OnlyOnSundays:
    def __init__(self, val, config):
        pass

    def text(self):
        return "on Sundays"

    phash = text

    def __call__(self, event):
        return False


def _config():
    config = Configurator(autocommit=True)
    config.add_subscriber_predicate("for_actions", EventActionFilter)
    config.add_subscriber_predicate("for_resources", EventResourceFilter)
    config.add_subscriber_predicate("sundays", OnlyOnSundays)
    return config


def _heard(event):
    raise AssertionError("nobody is told of anything by a question")


def test_nobody_hears_where_nobody_listens():
    config = _config()
    config.add_subscriber(_heard, ResourceRead)
    assert not is_told(config.registry, "record", ACTIONS.UPDATE)


def test_subscribers_hear_of_their_resources_and_actions():
    config = _config()
    config.add_subscriber(
        _heard, ResourceChanged, for_resources=("group",), for_actions=("create",)
    )
    assert is_told(config.registry, "group", ACTIONS.CREATE)
    assert not is_told(config.registry, "group", ACTIONS.UPDATE)
    assert not is_told(config.registry, "record", ACTIONS.CREATE)


def test_who_hears_after_the_commit_counts_too():
    config = _config()
    config.add_subscriber(_heard, AfterResourceChanged)
    assert is_told(config.registry, "record", ACTIONS.UPDATE)


def test_who_subscribes_later_is_noticed():
    config = _config()
    assert not is_told(config.registry, "record", ACTIONS.UPDATE)
    config.add_subscriber(_heard, ResourceChanged)
    assert is_told(config.registry, "record", ACTIONS.UPDATE)


def test_other_predicates_may_let_everything_through():
    config = _config()
    config.add_subscriber(_heard, ResourceChanged, sundays=True)
    assert is_told(config.registry, "record", ACTIONS.UPDATE)


def test_subscribers_that_pyramid_does_not_know_may_hear_everything():
    config = _config()
    config.registry.registerHandler(_heard, (ResourceChanged,))
    assert is_told(config.registry, "record", ACTIONS.UPDATE)


def test_one_subscriber_with_two_subscriptions_may_hear_everything():
    config = _config()
    config.add_subscriber(_heard, ResourceChanged, for_resources=("record",))
    config.add_subscriber(_heard, ResourceChanged, for_resources=("group",))
    assert is_told(config.registry, "record", ACTIONS.UPDATE)
    assert is_told(config.registry, "group", ACTIONS.UPDATE)
