import sys
import types

import pytest

import kinto.core
import kinto.core.events
from kinto.core.events import ACTIONS
from kinto.core.initialization import setup_listeners
from kinto.core.listeners import ListenerBase
from tests.core.application import core_app


class Listener(ListenerBase):
    def __init__(self, prefix):
        self.prefix = prefix
        self.heard = []

    def __call__(self, event):
        self.heard.append((type(event).__name__, event.payload["action"]))


@pytest.fixture
def module(monkeypatch):
    """A module offering a listener, as settings name it; `made` holds what it made."""
    module = types.ModuleType("tests_listener")
    module.made = []

    def load_from_config(config, prefix):
        module.made.append(Listener(prefix))
        module.made[-1].option = config.get_settings().get(f"{prefix}option")
        return module.made[-1]

    module.load_from_config = load_from_config
    monkeypatch.setitem(sys.modules, "tests_listener", module)
    return module


def tell(request):
    for action in ACTIONS:
        request.notify_resource_event(
            parent_id="", timestamp=1, data={}, action=action, old={}, resource_name="mushroom"
        )
    return {}


def heard_by(module, **settings):
    made = kinto.core.Service(name="tell", path="/tell")
    made.add_view("post", tell)
    core_app(made, **settings).post("/v0/tell")
    return module.made[0].heard


ALIAS = {"event_listeners": "mine", "event_listeners__mine__use": "tests_listener"}
CREATED, DELETED, READ, UPDATED = (
    ("ResourceChanged", "create"),
    ("ResourceChanged", "delete"),
    ("ResourceRead", "read"),
    ("ResourceChanged", "update"),
)

# Options of the listener: what it hears.
OPTIONS = [
    ({}, [CREATED, DELETED, UPDATED]),
    ({"actions": "create"}, [CREATED]),
    ({"actions": "read"}, [READ]),
    ({"actions": "CREATE read"}, [CREATED, READ]),
    ({"resources": "mushroom"}, [CREATED, DELETED, UPDATED]),
    ({"resources": "spore"}, []),
    ({"resources": "spore mushroom", "actions": "delete"}, [DELETED]),
]


@pytest.mark.parametrize(("options", "heard"), OPTIONS)
def test_a_listener_hears_what_it_asks_for(module, options, heard):
    settings = {f"event_listeners__mine__{name}": value for name, value in options.items()}
    assert heard_by(module, **ALIAS, **settings) == heard


def test_a_listener_reads_its_own_options(module):
    heard_by(module, **ALIAS, event_listeners__mine__option="a")
    assert module.made[0].prefix == "event_listeners.mine."
    assert module.made[0].option == "a"


def test_a_module_may_be_named_directly(module):
    assert heard_by(module, event_listeners="tests_listener")
    assert module.made[0].prefix == "event_listeners.tests_listener."


def test_options_may_come_from_the_environment(module, monkeypatch):
    monkeypatch.setenv("MYAPP_EVENT_LISTENERS_MINE_USE", "tests_listener")
    monkeypatch.setenv("MYAPP_EVENT_LISTENERS_MINE_ACTIONS", "delete")
    assert heard_by(module, event_listeners="mine") == [DELETED]


def test_listeners_come_before_plugins(module, monkeypatch):
    order = []
    plugin = types.ModuleType("tests_listening_plugin")
    plugin.includeme = lambda config: config.add_subscriber(
        lambda event: order.append("plugin"), kinto.core.events.ResourceChanged
    )
    monkeypatch.setitem(sys.modules, "tests_listening_plugin", plugin)
    monkeypatch.setattr(Listener, "__call__", lambda self, event: order.append("listener"))
    heard_by(module, **ALIAS, includes="tests_listening_plugin")
    assert order[:2] == ["listener", "plugin"]


def test_a_listener_without_module_stops_the_start():
    with pytest.raises(AttributeError):
        core_app(event_listeners="mine")


def test_an_unknown_module_stops_the_start():
    with pytest.raises(ModuleNotFoundError):
        core_app(event_listeners="mine", event_listeners__mine__use="tests_nothing")


def test_an_unknown_action_stops_the_start(module):
    with pytest.raises(ValueError, match="'created' is not a valid ACTIONS"):
        core_app(**ALIAS, event_listeners__mine__actions="created")


def test_a_listener_says_what_it_does():
    with pytest.raises(NotImplementedError):
        ListenerBase("any", option=1)(None)


def test_listeners_need_no_metrics(module):
    from pyramid import testing

    config = testing.setUp(
        settings={"event_listeners": "mine", "event_listeners.mine.use": "tests_listener"}
    )
    try:
        from kinto.core.events import EventActionFilter, EventResourceFilter, ResourceChanged

        config.add_subscriber_predicate("for_actions", EventActionFilter)
        config.add_subscriber_predicate("for_resources", EventResourceFilter)
        setup_listeners(config)
        config.commit()
        config.registry.notify(ResourceChanged({"action": "create"}, [], None))
        assert module.made[0].heard == [CREATED]
    finally:
        testing.tearDown()
