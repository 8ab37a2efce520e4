"""What the database undid is run again, and clients, subscribers and plugins see it once."""

from __future__ import annotations

import logging

import pytest
import transaction

from kinto.core.runtime import clock, units
from kinto.core.transactions import retrying
from tests.core.transactions import undone

PLUGIN = "tests.core.transactions.undone"
MOST = retrying.MOST_RUNS


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr(clock, "sleep", lambda seconds: None)
    yield
    assert units.current() is None
    transaction.abort()


@pytest.fixture(params=["ours", "pyramid_tm"])
def api(request, make_app):
    settings = {"includes": PLUGIN}
    if request.param == "pyramid_tm":
        settings["tm.annotate_user"] = "true"
    return make_app(**settings)


def kept(api) -> set[str]:
    return {obj["id"] for obj in api.storage.list_all("undone", "")}


def call(api, where: str, **kwargs):
    return api.post_json(f"/undone/{where}", {"id": "written"}, **kwargs)


@pytest.mark.parametrize("where", ["in_the_view", "at_the_commit"])
@pytest.mark.parametrize("times", [0, 1, MOST - 1])
def test_a_request_that_was_undone_is_run_again_with_its_body(api, where, times):
    undone.undo(times)
    assert call(api, where, status=200).json == {"written": "written"}
    assert kept(api) == {"written"}
    runs = [each for each in undone.SEEN if isinstance(each, tuple)]
    assert runs == [({"id": "written"}, runs[0][1], False)] * (times + 1)


@pytest.mark.parametrize("where", ["in_the_view", "at_the_commit"])
def test_what_follows_the_commit_and_callbacks_happen_once(api, where):
    undone.undo(2)
    answer = call(api, where, status=200)
    assert answer.headers["X-Callbacks"] == "1"
    assert len(undone.AFTER) == 1
    assert undone.SEEN.count("committed True") == 1


@pytest.mark.parametrize("where", ["in_the_view", "at_the_commit"])
def test_a_request_that_is_undone_each_time_is_a_503_and_leaves_nothing(api, where, caplog):
    undone.undo(1000)
    with caplog.at_level(logging.WARNING):
        answer = call(api, where, status=503)
    assert "Retry-After" in answer.headers
    assert kept(api) == set()
    assert undone.TIMES["left"] == 1000 - MOST
    assert undone.AFTER == []
    levels = [each.levelname for each in caplog.records if "undone" in each.name + each.message]
    assert len([each for each in caplog.records if each.levelname == "CRITICAL"]) == 1, levels


def test_a_request_that_took_long_is_run_once_more_at_most(api, monkeypatch):
    monkeypatch.setattr(retrying, "LAST_RUN_AFTER_SECONDS", -1.0)
    undone.undo(1000)
    call(api, "in_the_view", status=503)
    assert undone.TIMES["left"] == 998


def test_what_is_committed_in_part_is_not_run_again(api):
    undone.undo(1)
    call(api, "half_way_through_the_commit", status=503)
    assert undone.TIMES["left"] == 0
    assert len([each for each in undone.SEEN if isinstance(each, tuple)]) == 1


def test_a_batch_is_run_again_whole(api):
    undone.undo(2)
    requests = [
        {"path": "/undone/in_the_view", "method": "POST", "body": {"id": name}} for name in "abc"
    ]
    answer = api.post_json("/batch", {"requests": requests}, status=200)
    assert [each["status"] for each in answer.json["responses"]] == [200] * 3
    assert kept(api) == {"a", "b", "c"}
    (event,) = undone.AFTER
    assert event["resource_name"] == "undone"


def test_the_summary_of_a_request_is_logged_once(api, caplog):
    undone.undo(2)
    with caplog.at_level(logging.INFO, "request.summary"):
        call(api, "in_the_view")
    assert len([each for each in caplog.records if each.name == "request.summary"]) == 1
    assert not [each for each in caplog.records if each.levelname == "CRITICAL"]


def test_without_units_nothing_is_done_twice(make_app):
    api = make_app(includes=PLUGIN, transaction_per_request="false")
    undone.undo(1)
    call(api, "in_the_view", status=503)
    assert kept(api) == {"written"}


def test_the_token_of_a_deletion_serves_the_run_that_counts(make_app, user_headers, monkeypatch):
    api = make_app(includes=PLUGIN, paginate_by="2")
    headers = user_headers("alice")
    api.put_json("/buckets/b", headers=headers)
    api.put_json("/buckets/b/collections/c", headers=headers)
    records = "/buckets/b/collections/c/records"
    for number in range(4):
        api.put_json(f"{records}/r{number}", headers=headers)
    following = api.delete(records, headers=headers).headers["Next-Page"]
    undone.undo(1)
    usual = api.storage.delete_all

    def delete_all(*args, **kwargs):
        undone.maybe_undone()
        return usual(*args, **kwargs)

    monkeypatch.setattr(api.storage, "delete_all", delete_all)
    path = following.partition("/v1")[2]
    assert len(api.delete(path, headers=headers, status=200).json["data"]) == 2
    api.delete(path, headers=headers, status=400)
