import logging
import warnings

import pytest
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError

import kinto.core
from kinto.core.initialization import load_default_settings
from kinto.core.metrics import NoOpMetricsService
from kinto.core.migrations import IMigratable
from tests.core.application import core_app


def initialized(version="0.1", prefix="myapp", defaults=None, **settings):
    config = Configurator(settings={name.replace("__", "."): v for name, v in settings.items()})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        kinto.core.initialize(
            config, version=version, settings_prefix=prefix, default_settings=defaults
        )
    return config


def test_the_prefix_comes_from_the_settings_before_the_argument():
    config = initialized(prefix="one", settings_prefix="two", two__project_name="mine")
    assert config.get_settings()["project_name"] == "mine"
    config = initialized(settings_prefix="two", **{"kinto__settings_prefix": "three"})
    assert config.get_settings()["settings_prefix"] == "three"
    assert "kinto.settings_prefix" not in config.get_settings()


def test_a_missing_prefix_is_a_warning():
    with pytest.warns(UserWarning, match="No value specified for `settings_prefix`"):
        kinto.core.initialize(Configurator(settings={"http_scheme": "https"}), version="1.0")


def test_plain_http_is_a_warning():
    with pytest.warns(UserWarning, match="HTTPS is not enabled"):
        kinto.core.initialize(Configurator(), version="1.0", settings_prefix="a")


def test_a_project_has_a_version():
    with pytest.raises(ConfigurationError, match="Invalid project version"):
        initialized(version=None)


# Version of the project, setting, version of the API, prefix of the URLs.
VERSIONS = [
    ("2.3.4", {}, "2.3", "v2"),
    ("2.3.4", {"http_api_version": '"1.10"'}, "1.10", "v1"),
    ("2.3.4", {"project_version": '"5.0"'}, "5.0", "v5"),
]


@pytest.mark.parametrize(("version", "settings", "api_version", "prefix"), VERSIONS)
def test_urls_are_prefixed_by_the_version(version, settings, api_version, prefix):
    config = initialized(version=version, **settings)
    assert config.get_settings()["http_api_version"] == api_version
    assert config.route_prefix == config.registry.route_prefix == prefix


def test_defaults_of_the_application_win_over_those_of_the_core():
    config = initialized(defaults={"paginate_by": 7, "myapp.retry_after_seconds": 8})
    assert config.get_settings()["paginate_by"] == 7
    assert config.get_settings()["retry_after_seconds"] == 8


def test_settings_win_over_defaults_and_the_environment_over_both(monkeypatch):
    monkeypatch.setenv("MYAPP_PAGINATE_BY", "3")
    config = initialized(defaults={"paginate_by": 7}, paginate_by=5)
    assert config.get_settings()["paginate_by"] == 3


def test_two_spellings_of_a_setting_must_agree():
    with pytest.raises(ValueError, match="are in conflict"):
        initialized(paginate_by=5, myapp__paginate_by=6)


def test_default_settings_can_be_loaded_alone():
    config = Configurator(settings={"settings_prefix": "p", "p.a": "1"})
    load_default_settings(config, {"a": 2, "b": 3})
    assert (config.get_settings()["a"], config.get_settings()["b"]) == (1, 3)


def test_an_application_may_have_no_backend_at_all():
    app = core_app(storage_backend="", permission_backend="", cache_backend="")
    for name in ("storage", "permission", "cache"):
        assert not hasattr(app.registry, name)
    assert app.get("/v0/__heartbeat__").json == {}
    assert app.get("/v0/").status_code == 200


@pytest.mark.parametrize("name", ["storage", "permission", "cache"])
def test_a_backend_of_another_kind_stops_the_start(name):
    wrong = {"storage": "cache", "permission": "cache", "cache": "storage"}[name]
    with pytest.raises(ConfigurationError, match=f"Invalid {name} backend"):
        core_app(**{f"{name}_backend": f"kinto.core.{wrong}.memory"})


def test_an_unknown_backend_stops_the_start():
    with pytest.raises(ModuleNotFoundError):
        core_app(storage_backend="kinto.core.storage.nothing")


def test_id_generators_are_named_after_their_resource():
    app = core_app(mushroom_id_generator="kinto.core.storage.generators.UUID4")
    assert {"", "mushroom"} <= set(app.registry.id_generators)


def test_steps_may_be_replaced():
    called = []
    config = Configurator(settings={"initialization_sequence": ["tests_step.step"]})
    import sys
    import types

    module = sys.modules["tests_step"] = types.ModuleType("tests_step")
    module.step = called.append
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # The steps left out are those that views count on; only the start is of interest here.
        kinto.core.initialize(config, version="1.0", settings_prefix="a")
    assert called and called[0].registry is config.registry


def test_plugins_are_included_in_order_after_the_core(monkeypatch):
    import sys
    import types

    order = []
    for name in ("first", "second"):
        module = types.ModuleType(f"tests_plugin_{name}")
        module.includeme = lambda config, name=name: order.append(
            (name, hasattr(config.registry, "heartbeats"), config.route_prefix)
        )
        monkeypatch.setitem(sys.modules, f"tests_plugin_{name}", module)
    core_app(includes="tests_plugin_first\n tests_plugin_second")
    assert order == [("first", True, "v0"), ("second", True, "v0")]


def test_migrations_are_registered_at_once():
    class Migration:
        name = "mine"

    made = Migration()
    app = core_app(configure=lambda config: config.add_migration(made))
    assert app.registry.getUtility(IMigratable, name="mine") is made


def test_the_start_is_logged(caplog):
    with caplog.at_level(logging.INFO, "kinto.core"):
        core_app()
    assert "Running myapp 0.1.2." in caplog.text


def test_metrics_are_always_there():
    assert isinstance(core_app().registry.metrics, NoOpMetricsService)


def test_metrics_by_their_former_name():
    registry = core_app().registry
    with pytest.warns(DeprecationWarning, match=r"Use ``config.registry.metrics`` instead\."):
        assert registry.statsd is registry.metrics
