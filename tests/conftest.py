"""Fixtures shared by all tests.

`app` is the application on each backend in turn, empty at the start of every test; `make_app`
builds one with other settings; `user_headers(name)` are the credentials of a user.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests import databases, factories, redis_server

# How long an example takes is the machine's affair, which may have others to do.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


def pytest_sessionfinish() -> None:
    """End the servers now: a worker of xdist that is slow to exit is killed before it does."""
    redis_server.end_servers()
    databases.leave_server()


@pytest.fixture(params=factories.BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    """Name of a backend; a test that uses it runs once for each."""
    if not factories.has_backend(request.param):
        pytest.skip(f"no {request.param} backend yet")
    return request.param


@pytest.fixture(scope="session")
def _built_apps() -> dict[Any, factories.Api]:
    return {}


@pytest.fixture
def make_app(
    backend: str, _built_apps: dict[Any, factories.Api], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., factories.Api]]:
    """`make_app(setting=value)`: an application with these settings, empty.

    Applications are kept for the whole session, so a test must not change their registry for
    good (`Api.given` changes a setting for a while).
    """
    used = []

    def build(**settings: Any) -> factories.Api:
        key = (backend, repr(sorted(settings.items())))
        if key not in _built_apps:
            folder = tmp_path_factory.mktemp("database")
            _built_apps[key] = factories.build_api(backend, folder, **settings)
        api = _built_apps[key]
        api.empty()
        used.append(api)
        return api

    yield build
    for api in used:
        api.empty()


@pytest.fixture
def app(make_app: Callable[..., factories.Api]) -> factories.Api:
    """The application with default settings and the `basicauth` policy."""
    return make_app()


@pytest.fixture
def user_headers() -> Callable[..., dict[str, str]]:
    """`user_headers("alice")`: the headers of an authenticated user."""
    return factories.credentials
