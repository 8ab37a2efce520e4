import threading
import unittest
import warnings

import pytest
from pyramid.config import Configurator

import kinto.core
from kinto.core.errors import ERRORS
from kinto.core.testing import BaseWebTest, FormattedErrorMixin, ThreadMixin


def main(global_config, config=None, **settings):
    config = config or Configurator(settings=settings)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        kinto.core.initialize(config, version="0.0.1", settings_prefix="myapp")
    return config.make_wsgi_app()


class BaseWebTestTest(FormattedErrorMixin, BaseWebTest, unittest.TestCase):
    entry_point = main

    @classmethod
    def get_app_settings(cls, extras=None):
        return super().get_app_settings({"project_name": "tested", **(extras or {})})

    def test_paths_need_no_prefix(self):
        assert self.app.get("/").json["project_name"] == "tested"

    def test_backends_are_at_hand(self):
        assert self.storage is self.app.app.registry.storage
        self.cache.set("a", 1, ttl=10)
        self.tearDown()
        assert self.cache.get("a") is None

    def test_other_applications_can_be_made(self):
        other = self.make_app({"project_name": "other"})
        assert other.get("/").json["project_name"] == "other"

    def test_errors_can_be_checked(self):
        response = self.app.get("/nothing", status=404)
        self.assertFormattedError(
            response, 404, ERRORS.MISSING_RESOURCE, "Not Found", "could not be found"
        )
        with pytest.raises(AssertionError):
            self.assertFormattedError(response, 404, ERRORS.MISSING_RESOURCE, "Not Found")


class WithoutBackends(BaseWebTest, unittest.TestCase):
    entry_point = main

    @classmethod
    def get_app_settings(cls, extras=None):
        settings = super().get_app_settings(extras)
        return {**settings, "storage_backend": "", "permission_backend": ""}

    def test_only_a_cache_will_do(self):
        assert self.storage is None
        assert self.app.get("/").status_code == 200


class Threads(ThreadMixin, unittest.TestCase):
    def test_threads_are_joined(self):
        done = threading.Event()
        thread = self._create_thread(target=done.set)
        thread.start()
        self.tearDown()
        assert done.is_set()
        assert not thread.is_alive()
