"""A small application on the core alone: a few services, no buckets."""

from __future__ import annotations

import warnings
from typing import Any

import webtest
from pyramid.config import Configurator

import kinto.core
from kinto.core.settings.application import core_defaults

CREDENTIALS = {"Authorization": "Basic Ym9iOnNlY3JldA=="}


class CoreApp(webtest.TestApp):
    """The application under test; `registry` is its registry."""

    @property
    def registry(self) -> Any:
        return self.app.registry

    def call(self, method: str, path: str, headers: Any = None, body: Any = b"") -> Any:
        """A request whose answer may have any status."""
        return self.request(path, method=method, headers=headers or {}, body=body, status="*")


def core_app(*services: Any, configure: Any = None, **settings: Any) -> CoreApp:
    """Build it under `/v0`, with memory backends and the `basicauth` policy.

    Args:
        services: registered besides those of the core.
        configure: called with the configurator before the application is made.
        settings: over the defaults, dots of their names written as `__`.
    """
    given = {name.replace("__", "."): value for name, value in settings.items()}
    config = Configurator(
        settings={
            **core_defaults(),
            "project_name": "myapp",
            "project_version": "0.1.2",
            "storage_backend": "kinto.core.storage.memory",
            "permission_backend": "kinto.core.permission.memory",
            "cache_backend": "kinto.core.cache.memory",
            "multiauth.policies": "basicauth",
            "userid_hmac_secret": "a secret of the tests",
            **given,
        }
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        kinto.core.initialize(config, settings_prefix="myapp")
    for service in services:
        config.add_cornice_service(service)
    if configure is not None:
        configure(config)
    return CoreApp(kinto.core.install_middlewares(config.make_wsgi_app(), config.get_settings()))


def service(path: str = "/mushrooms", **views: Any) -> Any:
    """A service with one view for each keyword (`get=function`)."""
    made = kinto.core.Service(name=path.strip("/").replace("/", "-"), path=path, description="")
    for method, view in views.items():
        made.add_view(method, view)
    return made
