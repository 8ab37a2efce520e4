"""The contract of permission backends: what it gives to backends that do the minimum."""

import inspect
from types import SimpleNamespace
from unittest import mock

import pytest

from kinto.core.permission import PermissionBase, heartbeat

GIVEN = {
    "check_permission",
    "get_object_permissions",
    "get_principals_and_permissions",
    "note_new_object",
    "replace_objects_permissions",
    "prefetch",
}


class Minimal(PermissionBase):
    """A backend with the required reads only."""

    def get_user_principals(self, user_id):
        return {f"group of {user_id}"}

    def get_objects_permissions(self, objects_ids, permissions=None):
        return [{"read": {object_id}} for object_id in objects_ids]

    def get_authorized_principals(self, bound_permissions):
        return {"ann"} if list(bound_permissions) else set()


def required_methods():
    members = inspect.getmembers(PermissionBase, inspect.isfunction)
    return [name for name, _ in members if not name.startswith("_") and name not in GIVEN]


@pytest.mark.parametrize("name", required_methods())
def test_a_required_method_says_that_it_is_missing(name):
    method = getattr(PermissionBase("any", argument="is fine"), name)
    arguments = [
        mock.sentinel.argument
        for parameter in inspect.signature(method).parameters.values()
        if parameter.default is parameter.empty and parameter.kind is not parameter.VAR_POSITIONAL
    ]
    with pytest.raises(NotImplementedError):
        method(*arguments)


def test_one_round_trip_is_two_calls_by_default():
    together = Minimal().get_principals_and_permissions("ann", ["/a", "/b"])
    assert together == ({"group of ann"}, [{"read": {"/a"}}, {"read": {"/b"}}])


def test_nobody_has_no_principals_and_no_object_no_permissions():
    assert PermissionBase().get_principals_and_permissions(None, []) == (set(), [])


def test_the_permissions_of_one_object_are_those_of_a_list_of_one():
    assert Minimal().get_object_permissions("/a") == {"read": {"/a"}}


def test_a_check_compares_with_the_authorized_principals():
    assert Minimal().check_permission({"ann", "bob"}, [("/a", "read")])
    assert not Minimal().check_permission({"bob"}, [("/a", "read")])
    assert not Minimal().check_permission({"ann"}, [])


@pytest.mark.parametrize("readonly", [True, "true", "on", 1])
def test_the_heartbeat_of_a_readonly_server_only_reads(readonly):
    request = SimpleNamespace(registry=SimpleNamespace(settings={"readonly": readonly}))
    assert heartbeat(Minimal())(request)  # its writing methods would raise


@pytest.mark.parametrize("settings", [{}, {"readonly": "false"}, {"readonly": None}])
def test_the_heartbeat_of_another_server_writes(settings):
    request = SimpleNamespace(registry=SimpleNamespace(settings=settings))
    with mock.patch("kinto.core.permission.logger.exception") as logged:
        assert not heartbeat(Minimal())(request)
    assert logged.called


def test_the_heartbeat_leaves_no_principal_behind():
    backend = mock.Mock()
    request = SimpleNamespace(registry=SimpleNamespace(settings={}))
    assert heartbeat(backend)(request)
    (added,) = backend.add_user_principal.call_args_list
    assert backend.remove_user_principal.call_args_list == [added]
