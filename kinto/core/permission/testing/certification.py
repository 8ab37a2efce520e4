"""What every permission backend has to pass.

class MyPermissionTest(PermissionTest, unittest.TestCase):
    backend = my_module                 # it has `load_from_config`
    settings = {"permission_url": "..."}

    def setUp(self):
        super().setUp()
        self.client_error_patcher = [mock.patch.object(..., side_effect=...)]
"""

from __future__ import annotations

from typing import Any
from unittest import mock

from pyramid import testing

from kinto.core.permission.base import heartbeat
from kinto.core.permission.testing.changes import ObjectChangesTest
from kinto.core.permission.testing.questions import AccessibleObjectsTest, CheckPermissionTest
from kinto.core.storage.exceptions import BackendError
from kinto.core.testing import DummyRequest


class PermissionFixture:
    """A flushed backend in `self.permission`; `self.request` is what heartbeats receive."""

    backend: Any = None
    settings: dict[str, Any] = {}
    client_error_patcher: list[Any]

    def setUp(self) -> None:
        super().setUp()  # type: ignore[misc]
        self.permission = self.backend.load_from_config(self._get_config())
        self.permission.initialize_schema()
        self.permission.flush()
        self.request = DummyRequest()
        self.client_error_patcher = []

    def tearDown(self) -> None:
        mock.patch.stopall()
        super().tearDown()  # type: ignore[misc]
        self.permission.flush()
        testing.tearDown()

    def _get_config(self, settings: dict[str, Any] | None = None) -> Any:
        """A configurator that holds `settings` (by default those of the class)."""
        config = testing.setUp()
        config.add_settings(self.settings if settings is None else settings)
        return config

    def _break_client(self) -> None:
        for patcher in self.client_error_patcher:
            patcher.start()


class HeartbeatTest(PermissionFixture):
    """Failures are `BackendError`s, and the heartbeat tells them."""

    # Other methods that certified backends are known to forget; ours are held to them too.
    more_calls_that_may_break: tuple[tuple[str, str], ...] = ()

    def test_backend_error_is_raised_anywhere(self):
        self._break_client()
        calls = [
            *(
                (getattr(self.permission, name), arg)
                for name, arg in self.more_calls_that_may_break
            ),
            (self.permission.flush,),
            (self.permission.add_user_principal, "user", "principal"),
            (self.permission.remove_user_principal, "user", "principal"),
            (self.permission.get_user_principals, "user"),
            (self.permission.add_principal_to_ace, "object", "read", "principal"),
            (self.permission.remove_principal_from_ace, "object", "read", "principal"),
            (self.permission.get_object_permission_principals, "object", "read"),
            (self.permission.get_accessible_objects, ["principal"]),
            (self.permission.get_accessible_objects, ["principal"], [("*", "read")]),
            (self.permission.get_authorized_principals, [("object", "read")]),
            (self.permission.check_permission, ["principal"], [("object", "read")]),
            (self.permission.get_object_permissions, "object"),
            (self.permission.get_objects_permissions, ["object"]),
            (self.permission.replace_object_permissions, "object", {"read": ["principal"]}),
            (self.permission.delete_object_permissions, "object"),
        ]
        for method, *args in calls:
            with self.assertRaises(BackendError, msg=method.__name__):
                method(*args)

    def test_initialize_schema_is_idempotent(self):
        self.permission.initialize_schema()
        self.permission.initialize_schema()

    def test_ping_returns_false_if_unavailable(self):
        ping = heartbeat(self.permission)
        self._break_client()
        with mock.patch("kinto.core.permission.logger.exception"):
            self.assertFalse(ping(self.request))

    def test_ping_returns_true_if_available(self):
        self.assertTrue(heartbeat(self.permission)(self.request))

    def test_ping_returns_false_if_unavailable_in_readonly_mode(self):
        self.request.registry.settings = {"readonly": "true"}
        ping = heartbeat(self.permission)
        self._break_client()
        with mock.patch("kinto.core.permission.logger.exception"):
            self.assertFalse(ping(self.request))

    def test_ping_returns_true_if_available_in_readonly_mode(self):
        self.request.registry.settings = {"readonly": "true"}
        self.assertTrue(heartbeat(self.permission)(self.request))

    def test_ping_logs_error_if_unavailable(self):
        ping = heartbeat(self.permission)
        self._break_client()
        with mock.patch("kinto.core.permission.logger.exception") as logged:
            self.assertFalse(ping(self.request))
        self.assertTrue(logged.called)


class UserPrincipalsTest(PermissionFixture):
    """Principals of users, apart from ACEs."""

    def test_can_add_a_principal_to_a_user(self):
        self.permission.add_user_principal("ann", "group:editors")
        self.assertEqual(self.permission.get_user_principals("ann"), {"group:editors"})

    def test_add_twice_a_principal_to_a_user_add_it_once(self):
        self.permission.add_user_principal("ann", "group:editors")
        self.permission.add_user_principal("ann", "group:editors")
        self.assertEqual(self.permission.get_user_principals("ann"), {"group:editors"})

    def test_can_remove_a_principal_for_an_unknown_user(self):
        self.permission.remove_user_principal("nobody", "group:editors")
        self.assertEqual(self.permission.get_user_principals("nobody"), set())

    def test_can_remove_a_principal_for_a_user(self):
        self.permission.add_user_principal("ann", "group:editors")
        self.permission.add_user_principal("ann", "group:readers")
        self.permission.remove_user_principal("ann", "group:editors")
        self.assertEqual(self.permission.get_user_principals("ann"), {"group:readers"})

    def test_can_remove_a_unexisting_principal_to_a_user(self):
        self.permission.add_user_principal("ann", "group:editors")
        self.permission.remove_user_principal("ann", "group:readers")
        self.assertEqual(self.permission.get_user_principals("ann"), {"group:editors"})

    def test_can_remove_principal_from_every_users(self):
        for user in ("ann", "bob"):
            self.permission.add_user_principal(user, "group:editors")
        self.permission.add_user_principal("bob", "group:readers")
        self.permission.remove_principal("group:editors")
        self.permission.remove_principal("group:unknown")
        self.assertEqual(self.permission.get_user_principals("ann"), set())
        self.assertEqual(self.permission.get_user_principals("bob"), {"group:readers"})

    def test_cannot_remove_principal_from_objects(self):
        self.permission.add_principal_to_ace("/url/a", "write", "group:editors")
        self.permission.remove_principal("group:editors")
        principals = self.permission.get_object_permission_principals("/url/a", "write")
        self.assertEqual(principals, {"group:editors"})

    def test_authenticated_is_returned_for_everybody(self):
        self.permission.add_user_principal("system.Authenticated", "group:members")
        self.permission.add_user_principal("ann", "group:editors")
        principals = self.permission.get_user_principals("ann")
        self.assertEqual(principals, {"group:editors", "group:members"})
        self.assertEqual(self.permission.get_user_principals("bob"), {"group:members"})


class PermissionTest(
    HeartbeatTest,
    UserPrincipalsTest,
    CheckPermissionTest,
    AccessibleObjectsTest,
    ObjectChangesTest,
):
    """The whole of it."""
