"""Events of whole requests, on each backend: when they are told, merged, and what undoes them."""

import pytest

from tests.events import recording_plugin

PLUGIN = "tests.events.recording_plugin"
COLLECTION = "/buckets/b/collections/c"
RECORDS = f"{COLLECTION}/records"
SETTINGS = {
    "includes": PLUGIN,
    "event_listeners": "choosy",
    "event_listeners.choosy.use": PLUGIN,
    "event_listeners.choosy.actions": "create delete",
    "event_listeners.choosy.resources": "record",
}


@pytest.fixture
def alice(user_headers):
    return user_headers("alice")


@pytest.fixture
def api(make_app, alice):
    """A server with a bucket and a collection; nothing is noted of their making."""
    app = make_app(**SETTINGS)
    recording_plugin.start_again()
    for path in ("/buckets/b", COLLECTION):
        app.put_json(path, {}, headers=alice)
    return app


@pytest.fixture
def told(api):
    return recording_plugin.start_again()


def batch(api, headers, *requests, status=200):
    found = [
        {"method": method, "path": path, **({"body": {"data": data}} if data is not None else {})}
        for method, path, data in requests
    ]
    return api.post_json("/batch", {"requests": found}, headers=headers, status=status)


def stored(api):
    return {item["id"] for item in api.storage.list_all("record", COLLECTION)}


def test_a_change_is_told_within_the_unit_and_again_once_it_is_committed(api, alice, told):
    api.put_json(f"{RECORDS}/a", {"data": {"n": 1}}, headers=alice)
    assert told.before == told.after == [("record", "create", ["a"])]
    assert told.in_unit == [True]
    assert told.stored_after == [True]


def test_a_batch_tells_one_event_for_each_list_and_action(api, alice, told):
    batch(
        api,
        alice,
        ("PUT", f"{RECORDS}/a", {"n": 1}),
        ("PUT", f"{RECORDS}/b", {"n": 1}),
        ("PUT", "/buckets/b/collections/other", {}),
        ("PUT", f"{RECORDS}/a", {"n": 2}),
        ("PUT", f"{RECORDS}/c", {"n": 1}),
        ("DELETE", f"{RECORDS}/b", None),
        ("PUT", "/buckets/b/collections/other/records/a", {}),
    )
    expected = [
        ("record", "create", ["a", "b", "c"]),
        ("collection", "create", ["other"]),
        ("record", "update", ["a"]),
        ("record", "delete", ["b"]),
        ("record", "create", ["a"]),
    ]
    assert told.before == expected
    assert told.after == expected


def test_listeners_of_the_settings_hear_what_they_ask_for(api, alice, told):
    api.put_json(f"{RECORDS}/a", {"data": {"n": 1}}, headers=alice)
    api.put_json(f"{RECORDS}/a", {"data": {"n": 2}}, headers=alice)
    api.put_json("/buckets/b/groups/g", {}, headers=alice)
    api.get(f"{RECORDS}/a", headers=alice)
    api.delete(f"{RECORDS}/a", headers=alice)
    assert told.heard == [("record", "create"), ("record", "delete")]


def test_reads_are_told_to_subscribers_of_reads(api, alice, told):
    api.put_json(f"{RECORDS}/a", {}, headers=alice)
    api.get(f"{RECORDS}/a", headers=alice)
    api.get(RECORDS, headers=alice)
    assert told.reads == ["record", "record"]


@pytest.mark.parametrize(("reason", "status"), [("refuse", 403), ("fail", 500)])
def test_what_a_subscriber_raises_undoes_the_whole_batch(api, alice, told, reason, status):
    setattr(told, reason, True)
    requests = [("PUT", f"{RECORDS}/{name}", {"n": 1}) for name in "abc"]
    answer = batch(api, alice, *requests, status=status)
    assert answer.json["code"] == status
    assert stored(api) == set()
    assert told.after == []


def test_what_a_subscriber_raises_undoes_one_request(api, alice, told):
    told.refuse = True
    answer = api.put_json(f"{RECORDS}/a", {}, headers=alice, status=403)
    assert answer.json["message"] == "A plugin refuses"
    told.refuse = False
    assert stored(api) == set()
    assert told.after == []
    api.put_json(f"{RECORDS}/a", {}, headers=alice, status=201)


def test_a_failure_after_the_commit_changes_nothing(api, alice, told, caplog):
    told.fail_after = True
    api.put_json(f"{RECORDS}/a", {}, headers=alice, status=201)
    assert stored(api) == {"a"}
    assert "Unable to notify" in caplog.text


def test_a_refused_request_of_a_batch_tells_nothing(api, alice, told):
    answers = batch(
        api,
        alice,
        ("PUT", f"{RECORDS}/a", {"n": 1}),
        ("PUT", f"{RECORDS}/a%20b", {"n": 1}),
        ("PUT", f"{RECORDS}/b", {"n": 1}),
    ).json["responses"]
    assert [answer["status"] for answer in answers] == [201, 400, 201]
    assert told.before == told.after == [("record", "create", ["a", "b"])]


@pytest.mark.parametrize("author", [None, ("plugin", "recording")], ids=["caller", "plugin"])
def test_an_event_caused_by_an_event_comes_after_it(api, alice, told, author):
    told.also_write = True
    told.author = author
    batch(
        api,
        alice,
        ("PUT", "/buckets/b/collections/d", {}),
        ("PUT", "/buckets/b/groups/g", {"members": []}),
    )
    assert told.before == [
        ("collection", "create", ["d"]),
        ("group", "create", ["g"]),
        ("group", "create", ["of-d"]),
    ]
    # Once committed, events of one list, action and author are one, whatever caused them.
    merged = [("collection", "create", ["d"]), ("group", "create", ["g", "of-d"])]
    assert told.after == (told.before if author else merged)


def test_what_was_caused_by_a_refused_event_is_undone_too(api, alice, told):
    told.also_write = True
    told.refuse = True
    api.put_json("/buckets/b/collections/d", {}, headers=alice, status=403)
    groups = {item["id"] for item in api.storage.list_all("group", "/buckets/b")}
    assert groups == set()


def test_a_deleted_bucket_is_one_event_and_its_children_none(api, alice, told):
    api.put_json(f"{RECORDS}/a", {}, headers=alice)
    recording_plugin.start_again()
    api.delete("/buckets/b", headers=alice)
    assert told.before == told.after == [("bucket", "delete", ["b"])]
    assert stored(api) == set()
