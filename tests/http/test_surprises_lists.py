"""Surprising rules 43 to 57 of the protocol: lists (http: 16)."""

import time
from urllib.parse import quote

import pytest

from tests.http.conftest import RECORDS, B, C, R


def ask(send, query, *, user="alice", method="GET"):
    return send(method, f"{RECORDS}?{quote(query, safe='=&-_.,*+%')}", user=user)


@pytest.fixture
def one_deleted(world):
    """Records `r` (live) and `gone` (deleted)."""
    world("PUT", f"{RECORDS}/gone", user="alice")
    world("DELETE", f"{RECORDS}/gone", user="alice")
    return world


def test_rule_43_tombstones_are_shown_by_filters_on_time_and_no_others(one_deleted):
    send = one_deleted
    now = send("GET", RECORDS, user="alice").etag
    far = now + 10_000
    shown = ["_since=0", f"_before={far}", f"_to={far}", f"last_modified={now}",
             "gt_last_modified=1", f"lt_last_modified={far}", "min_last_modified=1",
             "not_last_modified=1"]  # fmt: skip
    for query in shown:
        assert "gone" in ask(send, query).ids, query
    for query in ("", "_sort=last_modified", "deleted=true", "not_x=1", "_limit=5", "id=gone"):
        assert "gone" not in ask(send, query).ids, query
    send("PATCH", R, user="alice", json={"permissions": {"read": ["system.Everyone"]}})
    assert ask(send, "_since=0", user="bob").ids == ["r"]


def test_rule_44_totals_are_for_heads_only(one_deleted):
    for query in ("", "_limit=1", "_since=0"):
        answer = ask(one_deleted, query, method="HEAD")
        assert answer.headers["total-objects"] == answer.headers["total-records"] == "1"
        answer = ask(one_deleted, query)
        assert not {"total-objects", "total-records"} & answer.headers.keys()


def test_rule_45_a_timestamp_may_be_quoted_and_is_a_timestamp(one_deleted):
    stamp = one_deleted("GET", R, user="alice").etag
    for query in (f"_since={stamp}", f'_since="{stamp}"'):
        assert ask(one_deleted, query).ids == ["gone"]
    text = '_since in querystring: "abc" is not a number'
    assert ask(one_deleted, "_since=abc").error == (400, 107, text)
    beyond = int(time.time() * 1000) + 25 * 3600 * 1000
    assert ask(one_deleted, f"_since={beyond}").error == (400, 107, "Invalid value for _since")


def test_rule_46_an_id_is_a_string(world):
    world("PUT", f"{RECORDS}/12", user="alice")
    assert ask(world, "id=12").error == (400, 107, "12 is not a string: {'id': ''}")
    assert ask(world, 'id="12"').ids == ["12"]


def test_rule_47_values_have_types(records, world):
    records([{"n": 1}, {"n": "1"}, {"flag": True}, {"flag": "True"}])
    asked = {"n=1": "a", 'n="1"': "b", "flag=true": "c", "flag=True": "d", "n=1.0": "a"}
    for query, name in asked.items():
        assert ask(world, query).ids == [name], query


def test_rule_48_what_a_missing_field_matches(records, world):
    records([{"x": 1}, {}])
    missing = ("not_x=1", "exclude_x=1", "gt_x=1", "min_x=1")
    for query in missing:
        assert "b" in ask(world, query).ids, query
    for query in ("lt_x=2", "max_x=1", "in_x=1", "x=1", "x=", "x=null"):
        assert "b" not in ask(world, query).ids, query


@pytest.mark.parametrize("name", ["like_x", "in_last_modified", "exclude_last_modified"])
def test_rule_49_filters_that_refuse_numbers(world, name):
    assert ask(world, f"{name}=12").error == (400, 107, f"Invalid value for {name}")


def test_rule_50_unknown_names_are_no_errors_except_on_permissions(world_with):
    send = world_with(experimental_permissions_endpoint="true")
    for query in ("_foo=1", "zz=1", "_sort=zz", "_fields=zz"):
        assert ask(send, query).status == 200
    assert send("GET", "/permissions?_foo=1", user="alice").status == 200
    expected = {
        "zz=1": "Unknown filter field 'zz'",
        "_sort=zz": "querystring: Unknown sort field 'zz'",
        "_fields=zz": "Invalid _fields parameter in body: Fields zz do not exist",
    }
    for query, text in expected.items():
        assert send("GET", f"/permissions?{query}", user="alice").error == (400, 107, text)


def test_rule_51_the_order_of_all_values(records, world):
    values = [None, "B", "a", "é", 1, 2.5, 10, False, True, [9], [1, 2], {"a": 1}]
    objects = [{"x": value} for value in values] + [{}]
    stored = [obj["id"] for obj in records(objects)]
    assert ask(world, "_sort=x").ids == stored
    assert ask(world, "_sort=-x").ids == stored[::-1]


def test_rule_52_the_last_page_has_no_next_one(world_with):
    send = world_with(paginate_by=2)
    for name in "abc":
        send("PUT", f"{RECORDS}/{name}", user="alice")
    sizes = {"": (2, True), "_limit=1": (1, True), "_limit=4": (2, True), "_limit=0": (4, False)}
    for query, expected in sizes.items():
        answer = ask(send, query)
        assert (len(answer.data), "next-page" in answer.headers) == expected, query
    send("DELETE", f"{RECORDS}/a", user="alice")
    send("DELETE", f"{RECORDS}/b", user="alice")
    assert "next-page" not in ask(send, "").headers


def token_of(answer):
    return answer.headers["next-page"].partition("/v1")[2]


def test_rule_53_the_token_of_a_deletion_works_once_and_for_nothing_else(records, world):
    records([{"n": n} for n in range(5)])
    spent = "querystring: _token was already used or has expired."
    seen = token_of(ask(world, "_limit=2"))
    assert world("DELETE", seen, user="alice").error == (400, 107, spent)
    first = ask(world, "_limit=2", method="DELETE")
    assert sorted(first.ids) == ["d", "e"]
    second = world("DELETE", token_of(first), user="alice")
    assert sorted(second.ids) == ["b", "c"]
    assert world("DELETE", token_of(first), user="alice").error == (400, 107, spent)
    assert world("DELETE", token_of(second), user="alice").ids == ["a"]
    assert world("GET", RECORDS, user="alice").ids == []


def test_rule_54_the_etag_of_a_list_is_that_of_all_of_it(world):
    fresh = world("GET", f"{B}/collections/none/records", user="alice")
    assert fresh.status == 404
    world("PUT", f"{B}/collections/d", user="alice")
    unused = [world("GET", f"{B}/collections/d/records", user="alice").etag for _ in range(2)]
    assert unused[0] == unused[1]
    stamp = world("GET", R, user="alice").etag
    for query in ("", "title=none", "_limit=1", "_since=0"):
        assert ask(world, query).etag == stamp
    world("DELETE", R, user="alice")
    assert world("GET", RECORDS, user="alice").etag > stamp


def test_rule_55_a_projection_leaves_out_permissions_and_deleted(one_deleted):
    answer = one_deleted("GET", f"{R}?_fields=title", user="alice")
    assert answer.json.keys() == {"data"}
    assert answer.data.keys() == {"id", "last_modified", "title"}
    gone = ask(one_deleted, "_since=0&_fields=title&has_title=false").data
    assert [obj.keys() for obj in gone] == [{"id", "last_modified"}]
    gone = ask(one_deleted, "_since=0&_fields=deleted&has_title=false").data
    assert gone[0]["deleted"] is True


def test_rule_56_who_may_only_create_sees_an_empty_list(world):
    world("PATCH", C, user="alice", json={"permissions": {"record:create": ["system.Everyone"]}})
    for user in ("bob", None):
        for method in ("GET", "DELETE"):
            answer = world(method, RECORDS, user=user)
            assert (answer.status, answer.data) == (200, [])
    assert world("GET", RECORDS, user="alice").ids == ["r"]


def test_rule_57_a_repeated_parameter_is_a_list_of_texts(records, world):
    records([{"n": 1}, {"n": 2}, {"n": ["1", "2"]}, {"n": [1, 2]}])
    assert ask(world, "n=1&n=2").ids == ["c"]
    for name in ("_limit", "_since"):
        text = f"{name} in querystring: \"['1', '2']\" is not a number"
        assert ask(world, f"{name}=1&{name}=2").error == (400, 107, text)
