"""The rules of callers with less than the rights of their user."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from kinto.core.authorization import Narrowing, narrow, narrowing_of

COLLECTION = "/buckets/b/collections/c"
ANN = "account:ann"


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        (COLLECTION, True),
        (f"{COLLECTION}/records", True),
        (f"{COLLECTION}/records/r/attachment", True),
        (f"{COLLECTION}x", False),
        (f"{COLLECTION}x/records", False),
        ("/buckets/b", False),
        ("/buckets/b/collections", False),
        ("/buckets/b/history", False),
        ("/buckets", False),
        ("/accounts/ann", False),
        ("/", False),
        ("", False),
    ],
)
def test_what_is_within_reach(uri, expected):
    assert Narrowing(ANN, (COLLECTION,)).permits(uri, "write") is expected


@pytest.mark.parametrize("permission", ["write", "create", "record:create", "delete", ""])
def test_readers_read_only(permission):
    narrowing = Narrowing(ANN, read_only=True)
    assert narrowing.permits("/buckets/b", "read")
    assert not narrowing.permits("/buckets/b", permission)


def test_everything_is_buckets_and_what_they_hold():
    narrowing = Narrowing(ANN)
    assert narrowing.permits("/buckets", "create")
    for uri in ("/accounts/ann", "/__flush__", "/__user_data__/account:ann", "/bucketsx"):
        assert not narrowing.permits(uri, "read")


def test_members_of_lists_that_are_within_reach_in_part():
    narrowing = Narrowing(ANN, (COLLECTION, "/buckets/b/collections/d", "/buckets/z"))
    assert narrowing.members("/buckets/b/collections") == ["c", "d"]
    assert narrowing.members("/buckets") == ["z"]
    assert narrowing.members("/buckets/b/groups") == []


def test_what_is_left_of_permissions():
    reader = Narrowing(ANN, (COLLECTION,), read_only=True)
    assert reader.left_of(COLLECTION, {"write"}) == {"read"}
    assert reader.left_of(COLLECTION, {"record:create"}) == set()
    assert Narrowing(ANN, (COLLECTION,)).left_of("/buckets/b", {"write"}) == set()
    assert Narrowing(ANN, (COLLECTION,)).left_of(COLLECTION, {"write"}) == {"write"}


def test_what_may_be_made_in_passing():
    writer = Narrowing(ANN, (COLLECTION,))
    assert writer.permits_to_make("/buckets/b")
    assert writer.permits_to_make(COLLECTION)
    assert not writer.permits_to_make("/buckets/b/collections/d")
    assert not Narrowing(ANN, (COLLECTION,), read_only=True).permits_to_make(COLLECTION)


def test_it_is_about_one_user():
    request = SimpleNamespace(prefixed_userid=ANN)
    assert narrowing_of(request) is None
    narrow(request, Narrowing(ANN))
    assert narrowing_of(request) == Narrowing(ANN)
    request.prefixed_userid = "basicauth:other"
    assert narrowing_of(request) is None
    assert narrowing_of(None) is None
