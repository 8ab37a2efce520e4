"""Small makers of what most tests need: an application under test, credentials, objects.

An application is built once for each set of settings and backend, and emptied between tests;
`conftest.py` offers these makers as fixtures.
"""

from __future__ import annotations

import base64
import importlib
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy
import webtest

import kinto
from kinto.core import utils
from tests import databases
from tests.redis_server import redis_url

BACKENDS = tuple(os.environ.get("KINTO_TEST_BACKENDS", "memory sqlite").split())
"""On what the tests of views, protocol and plugins run. The conformance suites, the races and the
faults always run on every backend; `make test-backends` runs all of it on all."""
ONE_BACKEND = BACKENDS if "KINTO_TEST_BACKENDS" in os.environ else BACKENDS[-1:]
"""For suites whose subject is not the storage: by default one, when backends are asked for those."""

SECRET = "a secret of the tests"


class PrefixedRequest(webtest.app.TestRequest):
    """A request whose path may leave out the version prefix."""

    @classmethod
    def blank(cls, path: str, *args: Any, **kwargs: Any) -> PrefixedRequest:
        if not path.startswith(("/v0", "/v1", "/v2", "http")):
            path = "/v1" + path
        return super().blank(path, *args, **kwargs)


class Api(webtest.TestApp):
    """The application under test, spoken to without the prefix.

    `storage`, `permission`, `cache` and `registry` are those of the application.
    """

    RequestClass = PrefixedRequest

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(kinto.main({}, **settings))
        self.registry = self.app.registry
        for name in ("storage", "permission", "cache"):
            setattr(self, name, getattr(self.registry, name))

    def empty(self) -> None:
        """Forget every object, permission, cached value and cookie."""
        for name in ("storage", "permission", "cache"):
            getattr(self.registry, name).flush()
        _begin_today(self.registry.storage)
        self.reset()

    @contextmanager
    def given(self, **settings: Any) -> Iterator[None]:
        """Change settings that are read at each request, for the length of a block."""
        current = self.registry.settings
        before = {name: current[name] for name in settings if name in current}
        current.update(settings)
        try:
            yield
        finally:
            for name in settings:
                current.pop(name, None)
            current.update(before)


def backend_settings(backend: str, folder: Path) -> dict[str, Any]:
    """The settings that choose `backend`, its files in `folder`."""
    chosen = {
        f"{kind}_backend": f"kinto.core.{kind}.{backend}"
        for kind in ("storage", "permission", "cache")
    }
    if backend == "sqlite":
        url = f"sqlite:///{folder / 'kinto.sqlite'}"
        chosen |= {f"{kind}_url": url for kind in ("storage", "permission", "cache")}
    if backend == "postgresql":
        url = databases.worker_url()
        chosen |= {f"{kind}_url": url for kind in ("storage", "permission", "cache")}
    if backend == "redis":
        url = redis_url()
        chosen |= {f"{kind}_url": url for kind in ("storage", "permission", "cache")}
    return chosen


def app_settings(backend: str, folder: Path, **extra: Any) -> dict[str, Any]:
    """The settings of the applications under test; `extra` wins."""
    return {
        **backend_settings(backend, folder),
        "multiauth.policies": "basicauth",
        "userid_hmac_secret": SECRET,
        **extra,
    }


def build_api(backend: str, folder: Path, **extra: Any) -> Api:
    """An application with an empty database in `folder`."""
    api = Api(app_settings(backend, folder, **extra))
    for name in ("storage", "permission", "cache"):
        getattr(api.registry, name).initialize_schema()
    return api


def has_backend(backend: str) -> bool:
    """Whether the three modules of a backend can be imported."""
    try:
        for kind in ("storage", "permission", "cache"):
            importlib.import_module(f"kinto.core.{kind}.{backend}")
    except ModuleNotFoundError:
        return False
    return True


def another_client(api: Api) -> webtest.TestApp:
    """A client of the same application for another thread."""
    client = webtest.TestApp(api.app)
    client.RequestClass = PrefixedRequest
    return client


def credentials(name: str, password: str = "secret") -> dict[str, str]:
    """Headers that make the basicauth user `name`."""
    encoded = base64.b64encode(f"{name}:{password}".encode()).decode()
    return {"Authorization": f"Basic {encoded}"}


def _begin_today(storage: Any) -> None:
    """An emptied store is newer than all it held, and this one serves many tests: what one of them
    dated in the future is not for the others. Today is that of the server's clock, which a test may
    have stopped."""
    now = utils.msec_time()
    beginning = "UPDATE metadata SET value = :now WHERE name = 'created_at'"
    match type(storage).__module__.split(".")[3:4]:
        case ["memory"]:
            storage._created_at = now
        case ["sqlite"]:
            with closing(sqlite3.connect(storage.database.path)) as connection, connection:
                connection.execute(beginning, {"now": str(now)})
        case ["postgresql"]:
            with storage.client.connect() as connection:
                connection.execute(sqlalchemy.text(beginning), {"now": str(now)})
