"""Who wants to see every request."""

import pytest
from pyramid.config import Configurator
from pyramid.events import BeforeTraversal, ContextFound, NewRequest, NewResponse

from kinto.core.http.bystanders import cares_for_items, texts_of_interest
from kinto.core.http.steps import at_end, at_start


def see(event):
    raise NotImplementedError


@cares_for_items()
def look_away(event, *more):
    raise NotImplementedError


@cares_for_items(whose_path_has="/mine")
def look_at_mine(event):
    raise NotImplementedError


@cares_for_items(if_=lambda registry: registry.settings["curious"])
def look_sometimes(event):
    raise NotImplementedError


@pytest.fixture
def config():
    return Configurator(settings={"curious": False}, autocommit=True)


def test_nobody_is_no_obstacle(config):
    assert texts_of_interest(config.registry) == frozenset()


@pytest.mark.parametrize("kind", [NewRequest, NewResponse, BeforeTraversal, ContextFound, None])
def test_who_says_nothing_sees_all(config, kind):
    config.add_subscriber(see, kind)
    assert texts_of_interest(config.registry) is None


def test_who_says_so_is_spared(config):
    config.add_subscriber(look_away, NewRequest)
    config.add_subscriber(look_at_mine, NewRequest)
    assert texts_of_interest(config.registry) == {"/mine"}


def test_interest_may_depend_on_settings(config):
    config.add_subscriber(look_sometimes, NewResponse)
    assert texts_of_interest(config.registry) == frozenset()
    config.registry.settings["curious"] = True
    assert texts_of_interest(config.registry) is None


@pytest.mark.parametrize("add", [at_start, at_end])
def test_steps_are_asked_one_by_one(config, add):
    add(config, look_away)
    add(config, look_at_mine)
    assert texts_of_interest(config.registry) == {"/mine"}
    add(config, see)
    assert texts_of_interest(config.registry) is None
