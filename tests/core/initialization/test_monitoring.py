from unittest import mock

import pytest
from pyramid.exceptions import ConfigurationError

from kinto.core import install_middlewares
from tests.core.application import core_app

FACE = "kinto.core.initialization"


def test_errors_are_reported_where_the_setting_says():
    with mock.patch(f"{FACE}.sentry_sdk") as sentry:
        core_app(sentry_dsn="https://key@sentry.example/1", sentry_env="stage")
    args, kwargs = sentry.init.call_args
    assert args == ("https://key@sentry.example/1",)
    assert kwargs["environment"] == "stage"
    assert kwargs["send_default_pii"] is False
    sentry.capture_message.assert_called_with("Running myapp 0.1.2.", "info")


def test_nothing_is_reported_without_address():
    with mock.patch(f"{FACE}.sentry_sdk") as sentry:
        core_app()
    assert not sentry.init.called


def test_new_relic_wraps_the_application():
    with mock.patch(f"{FACE}.newrelic") as newrelic:
        app = install_middlewares("app", {"newrelic_config": "a.ini", "newrelic_env": "test"})
    newrelic.agent.initialize.assert_called_with("a.ini", "test")
    assert app is newrelic.agent.WSGIApplicationWrapper.return_value


def test_the_profiler_wraps_the_application():
    with mock.patch(f"{FACE}.ProfilerMiddleware") as profiler:
        app = install_middlewares("app", {"profiler_enabled": "true", "profiler_dir": "/d"})
    profiler.assert_called_with("app", profile_dir="/d", restrictions="*kinto.core*")
    assert app is profiler.return_value


def test_without_settings_the_application_is_bare():
    assert install_middlewares("app", {}) == "app"


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("newrelic", {"newrelic_config": "a.ini", "newrelic_env": "test"}),
        ("ProfilerMiddleware", {"profiler_enabled": True, "profiler_dir": "/d"}),
    ],
)
def test_a_missing_library_stops_the_start(name, settings):
    with (
        mock.patch(f"{FACE}.{name}", None),
        pytest.raises(ConfigurationError, match=r"install kinto\[monitoring\]"),
    ):
        install_middlewares("app", settings)


def test_the_summary_goes_to_the_logger_of_the_face():
    app = core_app()
    with mock.patch(f"{FACE}.summary_logger") as logger:
        app.get("/v0/")
    assert logger.info.call_args[0] == ("",)
    assert logger.info.call_args[1]["extra"]["code"] == 200
