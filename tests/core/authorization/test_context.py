"""The order of what happens before a write: the caller, the lock of the list, what they may do."""

from __future__ import annotations

from unittest import mock

import pytest

from kinto.core.authentication.basicauth import BasicAuthAuthenticationPolicy
from tests.factories import build_api, credentials

COLLECTION = "/buckets/b/collections/c"
ANN = credentials("ann")


@pytest.fixture(params=["memory", "postgresql"])
def api(request, tmp_path):
    api = build_api(request.param, tmp_path)
    for path in ("/buckets/b", COLLECTION, f"{COLLECTION}/records/one"):
        api.put_json(path, headers=ANN)
    return api


def order_of(api, call):
    """What was asked of the policy, the storage and the permissions, in order."""
    asked = mock.Mock()
    registry = api.registry
    with (
        mock.patch.object(
            BasicAuthAuthenticationPolicy,
            "authenticated_userid",
            autospec=True,
            side_effect=BasicAuthAuthenticationPolicy.authenticated_userid,
        ) as verify,
        mock.patch.object(
            registry.storage, "lock_parent", side_effect=registry.storage.lock_parent
        ) as lock,
        mock.patch.object(
            registry.permission,
            "get_principals_and_permissions",
            side_effect=registry.permission.get_principals_and_permissions,
        ) as read,
    ):
        for name, each in (("verify", verify), ("lock", lock), ("read", read)):
            asked.attach_mock(each, name)
        call()
    return [each[0] for each in asked.mock_calls if each[0] in ("verify", "lock", "read")]


@pytest.mark.parametrize("method", ["put_json", "patch_json", "delete"])
def test_credentials_are_verified_before_the_lock_and_groups_are_read_under_it(api, method):
    body = {} if method == "delete" else {"params": {"data": {"n": 1}}}
    send = getattr(api, method)
    order = order_of(api, lambda: send(f"{COLLECTION}/records/one", headers=ANN, **body))
    lock = order.index("lock")
    assert set(order[:lock]) == {"verify"}
    assert "verify" not in order[lock:]
    assert "read" in order[lock:]


def test_without_a_user_the_list_is_locked_all_the_same(api):
    send = mock.Mock(side_effect=lambda: api.put_json(f"{COLLECTION}/records/two", status=401))
    assert "lock" in order_of(api, send)


def test_who_joins_a_group_while_a_write_waits_for_the_list_may_write(api):
    """The lock is what the write waits for, so it is judged by what is true after it."""
    bob = credentials("bob")
    bobs_id = api.get("/", headers=bob).json["user"]["id"]
    group = {"data": {"members": []}}
    api.put_json("/buckets/b/groups/g", group, headers=ANN)
    permissions = {"permissions": {"write": ["/buckets/b/groups/g"]}}
    api.patch_json(COLLECTION, permissions, headers=ANN)
    locked = api.registry.storage.lock_parent

    def lock(resource_name, parent_id):
        if parent_id == COLLECTION:
            api.registry.permission.add_user_principal(bobs_id, "/buckets/b/groups/g")
        return locked(resource_name, parent_id)

    with mock.patch.object(api.registry.storage, "lock_parent", lock):
        api.put_json(f"{COLLECTION}/records/bobs", headers=bob, status=201)
