"""An application under test, with memory backends that are emptied after each test."""

# ruff: noqa: PT009 (a mixin for unittest.TestCase)

from __future__ import annotations

import threading
from typing import Any

import webtest

from kinto.core.runtime.text import encode64
from kinto.core.settings.application import core_defaults

DEFAULT_SETTINGS = core_defaults()

_BACKENDS = ("storage", "permission", "cache")


def get_request_class(prefix: str) -> type:
    """A webtest request class that puts `/<prefix>` before every path."""

    class PrefixedRequestClass(webtest.app.TestRequest):  # type: ignore[misc]
        @classmethod
        def blank(cls, path: str, *args: Any, **kwargs: Any) -> Any:
            if prefix:
                path = f"/{prefix}{path}"
            return webtest.app.TestRequest.blank(path, *args, **kwargs)

    return PrefixedRequestClass


def get_user_headers(user: str, password: str = "secret") -> dict[str, str]:  # noqa: S107
    """The headers of a user with basic credentials."""
    return {"Authorization": f"Basic {encode64(f'{user}:{password}')}"}


class FormattedErrorMixin:
    """Checks of the body of errors."""

    def assertFormattedError(
        self,
        response: Any,
        code: int,
        errno: Any,
        error: str,
        message: str | None = None,
        info: str | None = None,
    ) -> None:
        """Check a response; `message` and `info` may be parts, and None means absent."""
        case: Any = self
        case.assertIn("application/json", response.headers["Content-Type"])
        case.assertEqual(response.json["code"], code)
        case.assertEqual(response.json["errno"], errno.value)
        case.assertEqual(response.json["error"], error)
        for name, text in (("message", message), ("info", info)):
            if text is None:
                case.assertNotIn(name, response.json)
            else:
                case.assertIn(text, response.json[name])


class BaseWebTest:
    """Mixin for `unittest.TestCase`: `self.app` answers under `api_prefix`.

    Class attributes: `entry_point` is the application factory, `headers` those of every request.
    """

    api_prefix = "v0"
    entry_point: Any = None
    headers = {"Content-Type": "application/json"}

    app: Any
    storage: Any
    permission: Any
    cache: Any

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()  # type: ignore[misc]
        cls.app = cls.make_app()
        for name in _BACKENDS:
            backend = getattr(cls.app.app.registry, name, None)
            setattr(cls, name, backend)
            if backend is not None:
                backend.initialize_schema()

    @classmethod
    def make_app(cls, settings: dict[str, Any] | None = None, config: Any = None) -> Any:
        """The application of `entry_point`, wrapped for tests."""
        settings = cls.get_app_settings(extras=settings)
        app = webtest.TestApp(cls.entry_point({}, config=config, **settings))
        app.RequestClass = get_request_class(cls.api_prefix)
        return app

    @classmethod
    def get_app_settings(cls, extras: dict[str, Any] | None = None) -> dict[str, Any]:
        """The default settings of the core with memory backends, then `extras`."""
        settings = {**DEFAULT_SETTINGS}
        for name in _BACKENDS:
            settings[f"{name}_backend"] = f"kinto.core.{name}.memory"
        settings.update(extras or {})
        return settings

    def tearDown(self) -> None:
        super().tearDown()  # type: ignore[misc]
        for name in _BACKENDS:
            backend = getattr(self, name, None)
            if backend is not None:
                backend.flush()


class ThreadMixin:
    """Threads that are waited for at the end of the test."""

    def setUp(self) -> None:
        super().setUp()  # type: ignore[misc]
        self._threads: list[threading.Thread] = []

    def tearDown(self) -> None:
        super().tearDown()  # type: ignore[misc]
        for thread in self._threads:
            thread.join()

    def _create_thread(self, *args: Any, **kwargs: Any) -> threading.Thread:
        thread = threading.Thread(*args, **kwargs)
        self._threads.append(thread)
        return thread
