"""The oracle of the permission table, checked against the examples of the HTTP specification."""

import pytest

from tests.security.permission_oracle import (
    Answer,
    Request,
    World,
    entries,
    expected,
    readable,
)

INBOX = "/buckets/mail/collections/inbox"
RECORDS = f"{INBOX}/records"
EVERYONE = frozenset({"system.Everyone"})


def principals(name):
    if name == "anonymous":
        return EVERYONE
    return EVERYONE | {"system.Authenticated", name}


@pytest.fixture
def inbox():
    """Alice posted `a1` and Bob `b1` in a collection of Owner, to which everyone may add."""
    return World(
        objects=frozenset({"/buckets/mail", INBOX, f"{RECORDS}/a1", f"{RECORDS}/b1"}),
        aces={
            "/buckets/mail": {"write": frozenset({"owner"})},
            INBOX: {"record:create": EVERYONE},
            f"{RECORDS}/a1": {"write": frozenset({"alice"})},
            f"{RECORDS}/b1": {"write": frozenset({"bob"})},
        },
        settings={},
        tombstones=frozenset({f"{RECORDS}/gone"}),
    )


def with_settings(world, **settings):
    named = {name: frozenset({principal}) for name, principal in settings.items()}
    return World(world.objects, world.aces, named, world.tombstones)


@pytest.mark.parametrize(
    ("name", "ids"),
    [("alice", {"a1"}), ("bob", {"b1"}), ("carol", set()), ("owner", {"a1", "b1"})],
)
def test_a_list_shows_what_is_shared_with_the_caller(inbox, name, ids):
    answer = expected(inbox, principals(name), Request("GET", RECORDS))
    assert answer == Answer(200, ids=frozenset(ids))


def test_only_readers_of_the_whole_list_see_tombstones(inbox):
    request = Request("GET", RECORDS, with_tombstones=True)
    assert expected(inbox, principals("owner"), request).ids == {"a1", "b1", "gone"}
    assert expected(inbox, principals("alice"), request).ids == {"a1"}


def test_deleting_a_list_deletes_what_the_caller_may_write(inbox):
    answer = expected(inbox, principals("alice"), Request("DELETE", RECORDS))
    assert answer == Answer(200, ids=frozenset({"a1"}), removed=frozenset({f"{RECORDS}/a1"}))
    assert expected(inbox, principals("carol"), Request("DELETE", RECORDS)).ids == frozenset()


def test_a_bucket_is_deleted_with_all_that_is_in_it(inbox):
    answer = expected(inbox, principals("owner"), Request("DELETE", "/buckets/mail"))
    assert answer.removed == inbox.objects


@pytest.mark.parametrize(
    ("name", "request_", "status"),
    [
        ("alice", Request("GET", f"{RECORDS}/b1"), 403),
        ("anonymous", Request("GET", f"{RECORDS}/b1"), 401),
        ("owner", Request("GET", f"{RECORDS}/b1"), 200),
        ("alice", Request("GET", INBOX), 200),  # record:create lets one read the collection
        ("alice", Request("GET", "/buckets/mail"), 403),
        ("owner", Request("GET", f"{RECORDS}/none"), 404),
        ("alice", Request("GET", f"{RECORDS}/none"), 403),
        ("alice", Request("GET", "/buckets/none"), 403),
        ("anonymous", Request("GET", "/buckets/none"), 401),
        ("alice", Request("PUT", "/buckets/none/collections/x/records/y"), 404),
        ("anonymous", Request("PUT", "/buckets/none/collections/x/records/y"), 404),
        ("alice", Request("GET", "/buckets/none/collections/x/records/y"), 403),
        ("owner", Request("GET", "/buckets/mail/collections/none"), 404),
        ("owner", Request("GET", "/buckets/mail/collections/none/records"), 404),
        ("alice", Request("DELETE", "/buckets/mail/collections/none/records"), 403),
        ("alice", Request("POST", "/buckets/mail/collections/none/records"), 404),
        ("carol", Request("PUT", f"{RECORDS}/new"), 201),
        ("carol", Request("PUT", f"{RECORDS}/a1"), 403),
        ("carol", Request("PATCH", f"{RECORDS}/none"), 403),  # may only create
        ("owner", Request("PATCH", f"{RECORDS}/none"), 404),
        ("owner", Request("DELETE", f"{RECORDS}/none"), 404),
        ("carol", Request("POST", RECORDS), 201),
        ("carol", Request("POST", RECORDS, post_id="a1"), 403),
        ("alice", Request("POST", RECORDS, post_id="a1"), 200),
        ("carol", Request("POST", RECORDS, if_match=True), 412),
        ("alice", Request("GET", "/buckets"), 403),  # no settings at all here
        ("alice", Request("GET", RECORDS, if_none_match_any=True), 412),
    ],
)
def test_requests_of_the_specification(inbox, name, request_, status):
    assert expected(inbox, principals(name), request_).status == status


def test_a_412_shows_the_object_only_to_who_may_read_it(inbox):
    request = Request("PUT", f"{RECORDS}/a1", if_none_match_any=True)
    assert expected(inbox, principals("carol"), request) == Answer(412, shows_object=False)
    assert expected(inbox, principals("owner"), request) == Answer(412, shows_object=True)
    # Alice may create in the inbox, and wrote a1 herself.
    assert expected(inbox, principals("alice"), request) == Answer(412, shows_object=True)


def test_permissions_are_disclosed_to_writers_of_the_object_itself(inbox):
    request = Request("GET", f"{RECORDS}/a1")
    assert expected(inbox, principals("alice"), request).permissions is True
    assert expected(inbox, principals("owner"), request).permissions is False


@pytest.mark.parametrize(
    ("setting", "request_", "status"),
    [
        ("bucket_create", Request("PUT", "/buckets/new"), 201),
        ("bucket_create", Request("GET", "/buckets"), 200),
        ("bucket_create", Request("GET", "/buckets/mail"), 403),
        ("bucket_read", Request("GET", "/buckets/none"), 404),
        ("bucket_read", Request("GET", f"{RECORDS}/a1"), 403),
        ("bucket_write", Request("GET", "/buckets"), 403),
        ("bucket_write", Request("DELETE", "/buckets"), 200),
        ("bucket_write", Request("PATCH", "/buckets/none"), 404),
        ("bucket_write", Request("PUT", "/buckets/new"), 403),
        ("bucket_write", Request("PUT", "/buckets/mail"), 200),
        ("collection_create", Request("PUT", "/buckets/none/collections/x"), 201),
        ("collection_create", Request("GET", "/buckets/mail"), 403),
        ("collection_write", Request("POST", "/buckets/mail/collections"), 201),
        ("collection_write", Request("GET", RECORDS), 200),  # only its record:create, as all
        ("record_read", Request("GET", f"{RECORDS}/a1"), 200),
        ("record_read", Request("GET", INBOX), 200),
        ("record_write", Request("DELETE", RECORDS), 200),
        ("record_create", Request("GET", f"{RECORDS}/a1"), 403),
    ],
)
def test_rights_from_settings_reach_one_kind_of_object(inbox, setting, request_, status):
    world = with_settings(inbox, **{setting: "role"})
    assert expected(world, principals("role"), request_).status == status


def test_what_one_may_read_is_the_sum_of_the_table(inbox):
    assert readable(inbox, principals("owner")) == inbox.objects
    assert readable(inbox, principals("alice")) == {INBOX, f"{RECORDS}/a1"}
    assert readable(inbox, principals("anonymous")) == {INBOX}


def test_the_permissions_endpoint_lists_direct_permissions_with_what_they_imply(inbox):
    owner = entries(inbox, principals("owner"))
    assert set(owner) == {"/buckets/mail", INBOX}  # nothing inherited, but record:create of all
    assert owner["/buckets/mail"] == {
        "write",
        "read",
        "read:attributes",
        "collection:create",
        "group:create",
    }
    assert owner[INBOX] == {"record:create", "read:attributes"}
    assert entries(inbox, principals("alice"))[f"{RECORDS}/a1"] == {"write", "read"}


@pytest.mark.parametrize(
    ("setting", "uri", "permissions"),
    [
        ("bucket_create", "/", {"bucket:create"}),
        ("bucket_read", "/buckets/mail", {"read", "read:attributes"}),
        ("collection_create", "/buckets/mail", {"collection:create", "read:attributes"}),
        ("record_create", INBOX, {"record:create", "read:attributes"}),
        ("record_read", f"{RECORDS}/a1", None),
    ],
)
def test_settings_make_entries_of_buckets_collections_and_groups(inbox, setting, uri, permissions):
    world = with_settings(inbox, **{setting: "role"})
    assert entries(world, principals("role")).get(uri) == permissions
