"""Keys of Redis: distinct for distinct things, in the order that ranges need, on one node."""

import pytest

from kinto.core.storage.redis import names

LISTS = [
    ("record", "/a"),
    ("record", "/a:b"),
    ("record:", "/a"),
    ("record", ":/a"),
    ("", "record:"),
]
TIMES = [-(2**63), -1, 0, 1, 2**53, 2**53 + 1, 2**63 - 1]


def test_no_two_lists_share_a_key():
    keys = [
        function(key, dead=dead)
        for function in (names.rows, names.times)
        for key in LISTS
        for dead in (False, True)
    ]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("key", LISTS)
def test_a_list_is_found_again_by_its_member(key):
    assert names.list_of_member(names.list_member(key)) == key


def test_members_are_in_the_order_of_time():
    members = [names.time_member(time, f"id{time}") for time in TIMES]
    assert members == sorted(members)
    assert [names.id_of_member(member) for member in members] == [f"id{time}" for time in TIMES]


def test_every_key_has_the_one_hash_tag():
    keys = [names.LOCK, names.HOLDER, names.WAKE, names.CLOCKS, names.LISTS, names.META]
    keys += [names.PRINCIPALS, names.OBJECTS, names.aces("/{x}"), names.granted("{y}")]
    keys += [names.members("{z}"), names.rows(("{r}", "/{p}"), dead=True)]
    for key in keys:
        assert key[key.index("{") : key.index("}") + 1] == "{kinto}"
