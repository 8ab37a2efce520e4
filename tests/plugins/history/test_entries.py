"""What is recorded, and what an entry says (plugins: 7.2)."""

from __future__ import annotations

import re

import pytest

from kinto.plugins.history import HistorySettings, uri_to_dict
from tests import factories
from tests.plugins import pages
from tests.plugins.history.conftest import SETTINGS, B, C, R


def brief(entries):
    return [(item["action"], item["uri"]) for item in reversed(entries)]


def test_an_entry_tells_who_did_what_and_when(filled, ann, history):
    me = filled.get("/", headers=ann).json["user"]["id"]
    shared = {"data": {"n": 2}, "permissions": {"read": ["system.Everyone"]}}
    changed = filled.put_json(R, shared, headers=ann).json["data"]
    entry = history("?record_id=r")[0]
    assert re.fullmatch(r"[0-9a-f-]{36}", entry.pop("id"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00", entry.pop("date"))
    assert isinstance(entry.pop("last_modified"), int)
    assert entry == {
        "action": "update",
        "collection_id": "c",
        "record_id": "r",
        "resource_name": "record",
        "target": {
            "data": changed,
            "permissions": {"read": ["system.Everyone"], "write": [me]},
        },
        "uri": R,
        "user_id": me,
    }


@pytest.mark.parametrize(
    ("path", "ids"),
    [
        (B, {"bucket_id": "b"}),
        (C, {"collection_id": "c"}),
        (R, {"collection_id": "c", "record_id": "r"}),
        (f"{B}/groups/g", {"group_id": "g"}),
    ],
)
def test_the_ids_are_those_of_the_object(filled, history, path, ids):
    (entry,) = history(f"?uri={path}")
    assert {name: entry[name] for name in entry if name.endswith("_id")} == {
        **ids,
        "user_id": entry["user_id"],
    }


def test_every_change_is_recorded_in_order(filled, ann, history):
    filled.patch_json(R, {"data": {"n": 2}}, headers=ann)
    filled.patch_json(R, {"permissions": {"read": ["account:x"]}}, headers=ann)
    posted = filled.post_json(f"{C}/records", headers=ann).json["data"]["id"]
    filled.get(R, headers=ann)
    filled.delete(R, headers=ann)
    filled.delete(f"{C}/records", headers=ann)
    assert brief(history()) == [
        ("create", B),
        ("create", C),
        ("create", R),
        ("create", f"{B}/groups/g"),
        ("update", R),
        ("update", R),
        ("create", f"{C}/records/{posted}"),
        ("delete", R),
        ("delete", f"{C}/records/{posted}"),
    ]
    deleted = history("?action=delete&record_id=r")[0]
    assert sorted(deleted["target"]["data"]) == ["deleted", "id", "last_modified"]
    assert deleted["target"]["permissions"] == {}


def test_a_batch_is_recorded_and_a_refused_part_is_not(filled, ann, history):
    before = len(history())
    requests = [
        {"method": "PUT", "path": f"{C}/records/a"},
        {"method": "PUT", "path": f"{C}/records/b"},
        {"method": "PUT", "path": f"{C}/records/bad id"},
        {"method": "PATCH", "path": f"{C}/records/a", "body": {"data": {"n": 2}}},
        {"method": "DELETE", "path": f"{C}/records/b"},
    ]
    filled.post_json("/batch", {"requests": requests}, headers=ann)
    entries = brief(history())[before:]
    assert sorted(entries) == [
        ("create", f"{C}/records/a"),
        ("create", f"{C}/records/b"),
        ("delete", f"{C}/records/b"),
        ("update", f"{C}/records/a"),
    ]


def test_the_history_goes_with_its_bucket(filled, ann, history):
    filled.delete(B, headers=ann)
    assert filled.storage.list_all("history", B, include_deleted=True) == []
    filled.put_json(B, headers=ann)
    assert brief(history()) == [("create", B)]


def test_records_that_go_with_their_collection_are_not_recorded(filled, ann, history):
    filled.delete(C, headers=ann)
    assert brief(history("?action=delete")) == [("delete", C)]


def test_anonymous_changes_have_no_user(filled, ann, history):
    filled.patch_json(C, {"permissions": {"write": ["system.Everyone"]}}, headers=ann)
    filled.patch_json(R, {"data": {"n": 3}})
    assert history("?record_id=r")[0]["user_id"] is None


def test_each_change_of_a_batch_has_its_own_author(filled, ann, bob, history):
    everybody = {"permissions": {"record:create": ["system.Everyone"]}}
    filled.patch_json(C, everybody, headers=ann)
    requests = [
        {"method": "PUT", "path": f"{C}/records/{name}", "headers": headers}
        for name, headers in (("a", ann), ("b", bob), ("c", {"Authorization": ""}))
    ]
    filled.post_json("/batch", {"requests": requests}, headers=ann)
    me, him = (filled.get("/", headers=who).json["user"]["id"] for who in (ann, bob))
    authors = {item["record_id"]: item["user_id"] for item in history("?resource_name=record")}
    assert authors == {"r": me, "a": me, "b": him, "c": None}


@pytest.mark.parametrize(
    ("excluded", "left"),
    [
        (B, []),
        ("/buckets/bb /buckets", ValueError),
        (C, [B, f"{B}/groups/g"]),
        (R, [B, C, f"{B}/groups/g"]),
        (f"{B}/groups/g", [B, C, R]),
        (f"{R}x {B}b", [B, C, R, f"{B}/groups/g"]),
    ],
)
def test_excluded_objects_are_not_recorded(make_app, ann, excluded, left):
    settings = {**SETTINGS, "history.exclude_resources": excluded}
    if left is ValueError:
        with pytest.raises(ValueError, match="Invalid URI: /buckets$"):
            make_app(**settings)
        return
    app = make_app(**settings)
    for path in (B, C, R):
        app.put_json(path, headers=ann)
    app.put_json(f"{B}/groups/g", {"data": {"members": []}}, headers=ann)
    entries = app.get(f"{B}/history", headers=ann).json["data"]
    assert [uri for _, uri in brief(entries)] == left


def test_excluded_users_are_not_recorded(app, make_app, ann):
    me = app.get("/", headers=ann).json["user"]["id"]
    app = make_app(**SETTINGS, **{"history.exclude_user_ids": me})
    app.put_json(B, headers=ann)
    assert app.get(f"{B}/history", headers=ann).json["data"] == []


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        (B, {"bucket": "b"}),
        (C, {"bucket": "b", "collection": "c"}),
        (R, {"bucket": "b", "collection": "c", "record": "r"}),
        (f"{B}/groups/g", {"bucket": "b", "group": "g"}),
    ],
)
def test_uris_have_ids(uri, expected):
    assert uri_to_dict(uri) == expected


@pytest.mark.parametrize("uri", ["", "b", "/buckets", f"{R}/x", f"{C}/", "/accounts/a", f"{B}/x/y"])
def test_other_texts_are_no_uris(uri):
    with pytest.raises(ValueError, match="Invalid URI"):
        uri_to_dict(uri)


def test_the_capability_shows_the_settings(make_app):
    url = "http://kinto.readthedocs.io/en/latest/api/1.x/history.html"
    plain = {"description": "Track changes on data.", "url": url}
    assert make_app(**SETTINGS).get("/").json["capabilities"]["history"] == plain
    more = {
        "history.auto_trim_max_count": "7",
        "history.auto_trim_user_ids": "account:x",
        "history.exclude_resources": C,
    }
    assert make_app(**SETTINGS, **more).get("/").json["capabilities"]["history"] == {
        **plain,
        "auto_trim_max_count": 7,
        "auto_trim_user_ids": ["account:x"],
        "excluded_resources": [{"bucket": "b", "collection": "c"}],
    }


def test_a_number_is_a_number(tmp_path):
    with pytest.raises(ValueError, match="auto_trim_max_count"):
        factories.build_api("memory", tmp_path, **SETTINGS, **{"history.auto_trim_max_count": "a"})


@pytest.mark.parametrize(("users", "left"), [("", 5), ("me", 5), ("account:other", 12)])
def test_old_entries_are_trimmed(app, make_app, ann, users, left):
    users = users.replace("me", app.get("/", headers=ann).json["user"]["id"])
    trimmed = {"history.auto_trim_max_count": "5", "history.auto_trim_threshold": "0"}
    app = make_app(**SETTINGS, **trimmed, **{"history.auto_trim_user_ids": users})
    app.put_json(B, headers=ann)
    for index in range(12):
        app.put_json(C, {"data": {"n": index}}, headers=ann)
    entries = app.get(f"{B}/history?resource_name=collection", headers=ann).json["data"]
    assert len(entries) == left
    assert [item["target"]["data"]["n"] for item in entries][:5] == [11, 10, 9, 8, 7]
    assert len(app.get(f"{B}/history?resource_name=bucket", headers=ann).json["data"]) == 1
    assert not app.storage.list_all("history", B, include_deleted=True)[0].get("deleted")


def test_trimming_waits_for_the_threshold(make_app, ann):
    settings = {"history.auto_trim_max_count": "3", "history.auto_trim_threshold": "4"}
    app = make_app(**SETTINGS, **settings)
    app.put_json(B, headers=ann)
    counts = []
    for index in range(9):
        app.put_json(C, {"data": {"n": index}}, headers=ann)
        query = f"{B}/history?resource_name=collection"
        counts.append(len(app.get(query, headers=ann).json["data"]))
    assert counts == [1, 2, 3, 4, 5, 6, 7, 3, 4]


def test_the_page_is_followed(make_app):
    pages.follow(make_app(**pages.settings_of("history")), "history")


def test_the_page_lists_the_settings():
    assert pages.declared_in("history", HistorySettings) == []
