"""What every cache backend has to pass.

class MyCacheTest(CacheTest, unittest.TestCase):
    backend = my_module                 # it has `load_from_config`
    settings = {"cache_url": "...", "cache_prefix": ""}

    def setUp(self):
        super().setUp()
        self.client_error_patcher = mock.patch.object(..., side_effect=...)
"""

from __future__ import annotations

import time
from typing import Any
from unittest import mock

from pyramid import testing

from kinto.core.cache.base import heartbeat
from kinto.core.storage.exceptions import BackendError

SHORT_TTL = 0.02
"""Seconds; `_wait` sleeps for longer than that."""


class CacheFixture:
    """A flushed backend in `self.cache`; `self.request` is what heartbeats receive."""

    backend: Any = None
    settings: dict[str, Any] = {}
    request: Any = None
    client_error_patcher: Any = None

    def setUp(self) -> None:
        super().setUp()  # type: ignore[misc]
        self.cache = self.backend.load_from_config(self._get_config())
        self.cache.initialize_schema()
        self.cache.flush()

    def tearDown(self) -> None:
        mock.patch.stopall()
        super().tearDown()  # type: ignore[misc]
        self.cache.flush()
        testing.tearDown()

    def get_backend_prefix(self, prefix: str) -> Any:
        """A second backend on the same store, with another prefix; override it where the
        configuration alone does not lead to the same store."""
        settings = {**self.settings, "cache_prefix": prefix}
        return self.backend.load_from_config(self._get_config(settings))

    def _get_config(self, settings: dict[str, Any] | None = None) -> Any:
        """A configurator that holds `settings` (by default those of the class)."""
        config = testing.setUp()
        config.add_settings(self.settings if settings is None else settings)
        return config

    def _wait(self) -> None:
        time.sleep(2 * SHORT_TTL)

    def _heartbeats(self, chance: float) -> bool:
        with mock.patch("kinto.core.cache.random.SystemRandom.random", return_value=chance):
            return heartbeat(self.cache)(self.request)


class CacheHeartbeatTest(CacheFixture):
    """Failures are `BackendError`s, and the heartbeat tells them."""

    def test_backend_error_is_raised_anywhere(self):
        self.client_error_patcher.start()
        calls = [
            (self.cache.flush,),
            (self.cache.ttl, "key"),
            (self.cache.expire, "key", 10),
            (self.cache.set, "key", "value", 10),
            (self.cache.get, "key"),
            (self.cache.delete, "key"),
        ]
        for method, *args in calls:
            with self.assertRaises(BackendError, msg=method.__name__):
                method(*args)

    def test_initialize_schema_is_idempotent(self):
        self.cache.initialize_schema()
        self.cache.initialize_schema()

    def test_ping_returns_false_if_unavailable(self):
        self.client_error_patcher.start()
        with mock.patch("kinto.core.cache.logger.exception"):
            self.assertFalse(self._heartbeats(0.6))
            self.assertFalse(self._heartbeats(0.4))

    def test_ping_returns_true_if_available(self):
        self.assertTrue(self._heartbeats(0.6))
        self.assertTrue(self._heartbeats(0.4))

    def test_ping_logs_error_if_unavailable(self):
        self.client_error_patcher.start()
        with mock.patch("kinto.core.cache.logger.exception") as logged:
            self.assertFalse(self._heartbeats(0.6))
        self.assertTrue(logged.called)


class CacheValuesTest(CacheFixture):
    """Values and their time to live."""

    def test_set_adds_the_object(self):
        self.cache.set("foobar", "toto", 42)
        self.assertEqual(self.cache.get("foobar"), "toto")

    def test_values_remains_python_dict(self):
        values = [3, 3.5, 0, -1, "", "toto", "é", True, False, {"a": [1, {"b": None}]}, [], {}]
        for value in values:
            self.cache.set("foobar", value, 42)
            obtained = self.cache.get("foobar")
            self.assertEqual(obtained, value)
            self.assertIs(type(obtained), type(value))

    def test_bytes_cannot_be_stored_in_the_cache(self):
        with self.assertRaises(TypeError):
            self.cache.set("foobar", b"toto", 42)
        with self.assertRaises(TypeError):
            self.cache.set("foobar", {"nested": [b"toto"]}, 42)

    def test_delete_removes_the_object(self):
        self.cache.set("foobar", "toto", 42)
        self.assertEqual(self.cache.delete("foobar"), "toto")
        self.assertIsNone(self.cache.get("foobar"))

    def test_delete_does_not_fail_if_object_is_unknown(self):
        self.assertIsNone(self.cache.delete("unknown"))

    def test_expire_expires_the_value(self):
        self.cache.set("foobar", "toto", 42)
        self.cache.expire("foobar", SHORT_TTL)
        self._wait()
        self.assertIsNone(self.cache.get("foobar"))

    def test_set_with_ttl_expires_the_value(self):
        self.cache.set("foobar", "toto", SHORT_TTL)
        self._wait()
        self.assertIsNone(self.cache.get("foobar"))

    def test_ttl_return_the_time_to_live(self):
        self.cache.set("foobar", "toto", 10)
        self.assertGreater(self.cache.ttl("foobar"), 5)
        self.assertLessEqual(self.cache.ttl("foobar"), 10)

    def test_ttl_return_none_if_unknown(self):
        self.assertLess(self.cache.ttl("unknown"), 0)


class CachePrefixTest(CacheFixture):
    """Keys as two instances with different prefixes see them."""

    def test_cache_prefix_is_set(self):
        other = self.get_backend_prefix(prefix="prefix_")
        other.set("key", "foo", 10)
        self.assertEqual(self._without_prefix().get("prefix_key"), "foo")

    def test_cache_when_prefix_is_not_set(self):
        other = self.get_backend_prefix(prefix="")
        other.set("key", "foo", 10)
        self.assertEqual(self._without_prefix().get("key"), "foo")

    def test_prefix_value_use_to_get_data(self):
        other = self.get_backend_prefix(prefix="prefix_")
        self._without_prefix().set("prefix_key", "foo", 10)
        self.assertEqual(other.get("key"), "foo")
        self.assertIsNone(other.get("prefix_key"))

    def test_prefix_value_use_to_delete_data(self):
        other = self.get_backend_prefix(prefix="prefix_")
        self._without_prefix().set("prefix_key", "foo", 10)
        self.assertEqual(other.delete("key"), "foo")
        self.assertIsNone(self._without_prefix().get("prefix_key"))

    def test_prefix_value_used_with_ttl(self):
        other = self.get_backend_prefix(prefix="prefix_")
        self._without_prefix().set("prefix_key", "foo", 10)
        self.assertGreater(other.ttl("key"), 5)
        self.assertLess(other.ttl("prefix_key"), 0)

    def test_prefix_value_used_with_expire(self):
        other = self.get_backend_prefix(prefix="prefix_")
        self._without_prefix().set("prefix_key", "foo", 10)
        other.expire("key", 0)
        self.assertIsNone(self._without_prefix().get("prefix_key"))

    def _without_prefix(self) -> Any:
        """The cache of the suite, whose settings may themselves give a prefix."""
        return self.get_backend_prefix(prefix="") if self.cache.prefix else self.cache


class CacheTest(CacheHeartbeatTest, CacheValuesTest, CachePrefixTest):
    """The whole of it."""
