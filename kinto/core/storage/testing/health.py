"""Failures of the service behind a backend, and the heartbeat that tells them."""

from __future__ import annotations

from unittest import mock

from kinto.core.storage import exceptions, heartbeat
from kinto.core.storage.testing.fixture import OBJECT_ID, StorageFixture
from kinto.core.testing import DummyRequest

CHANCE = "kinto.core.storage.random.SystemRandom.random"
LOGGED = "kinto.core.storage.logger.exception"
REMOVING, CREATING = 0.5, 0.7


class HealthTest(StorageFixture):
    """Part of `BaseTestStorage`."""

    def _ping(self, *, chance=CREATING, readonly=False):
        request = DummyRequest()
        request.registry.settings = {"readonly": "true"} if readonly else {}
        with mock.patch(CHANCE, return_value=chance):
            return heartbeat(self.storage)(request)

    def test_raises_backend_error_if_error_occurs_on_client(self):
        self.client_error_patcher.start()
        with self.assertRaises(exceptions.BackendError):
            self.storage.list_all(**self.storage_kw)

    def test_backend_error_provides_original_exception(self):
        self.client_error_patcher.start()
        with self.assertRaises(exceptions.BackendError) as raised:
            self.storage.list_all(**self.storage_kw)
        self.assertIsInstance(raised.exception.original, Exception)

    def test_backend_error_is_raised_anywhere(self):
        one = {**self.storage_kw, "object_id": OBJECT_ID}
        self.client_error_patcher.start()
        calls = [
            (self.storage.resource_timestamp, self.storage_kw),
            (self.storage.create, {**self.storage_kw, "obj": {}}),
            (self.storage.get, one),
            (self.storage.update, {**one, "obj": {}}),
            (self.storage.delete, one),
            (self.storage.list_all, self.storage_kw),
            (self.storage.count_all, self.storage_kw),
            (self.storage.delete_all, self.storage_kw),
            (self.storage.purge_deleted, self.storage_kw),
            (self.storage.flush, {}),
        ]
        for method, arguments in calls:
            with self.assertRaises(exceptions.BackendError, msg=method.__name__):
                method(**arguments)

    def test_ping_returns_false_if_unavailable(self):
        self.client_error_patcher.start()
        with mock.patch(LOGGED):
            self.assertFalse(self._ping(chance=REMOVING))
            self.assertFalse(self._ping(chance=CREATING))

    def test_ping_returns_true_when_working(self):
        self.assertTrue(self._ping(chance=REMOVING))
        self.assertTrue(self._ping(chance=CREATING))

    def test_ping_returns_true_when_working_in_readonly_mode(self):
        self.assertTrue(self._ping(readonly=True))

    def test_ping_returns_false_if_unavailable_in_readonly_mode(self):
        self.client_error_patcher.start()
        with mock.patch(LOGGED):
            self.assertFalse(self._ping(readonly=True))

    def test_ping_logs_error_if_unavailable(self):
        self.client_error_patcher.start()
        with mock.patch(LOGGED) as logged:
            self.assertFalse(self._ping())
        self.assertTrue(logged.called)

    def test_ping_leaves_no_tombstone(self):
        self._ping(chance=CREATING)
        self._ping(chance=REMOVING)
        left = self.storage.list_all("__heartbeat__", "__heartbeat__", include_deleted=True)
        self.assertEqual(left, [])
