"""Retention: by count and by age, looking at what is removed and at nothing else."""

from __future__ import annotations

import time

import pytest

from kinto.cli.history import trim_history
from kinto.core.storage import Filter
from kinto.core.utils import COMPARISON
from kinto.plugins.history import trimming
from kinto.plugins.history.settings import HistorySettings
from tests.plugins.history.conftest import SETTINGS, B, C, R

DAY = 86_400


@pytest.fixture
def later(monkeypatch):
    """`later(days)`: time passes, and begins after all that a database has seen in other tests."""
    passed = [0]

    def wait(days, app=None):
        if app is not None:
            seen = app.storage.resource_timestamp("history", "/buckets/nobody")
            passed[0] = max(seen - time.time_ns() // 1_000_000, 0)
        passed[0] += int(days * DAY * 1000)
        monkeypatch.setattr(
            "kinto.core.utils.msec_time", lambda: time.time_ns() // 1_000_000 + passed[0]
        )

    return wait


@pytest.fixture
def aged(make_app, ann, monkeypatch):
    """An application that keeps two days of history, and looks at each write."""
    app = make_app(**SETTINGS, **{"history.auto_trim_max_age_days": "2"})
    monkeypatch.setattr(trimming, "_AGE_SECONDS", 0)
    app.put_json(B, headers=ann)
    app.put_json(C, headers=ann)
    return app


def kinds(app, ann, query=""):
    entries = app.get(f"{B}/history{query}", headers=ann).json["data"]
    return [entry["resource_name"] for entry in entries]


def test_old_entries_go_with_the_next_write(aged, ann, later):
    later(1, aged)
    aged.put_json(R, headers=ann)
    later(1.5)
    aged.patch_json(R, {"data": {"n": 2}}, headers=ann)
    assert kinds(aged, ann)[:2] == ["record", "record"]
    later(1)
    aged.patch_json(R, {"data": {"n": 3}}, headers=ann)
    assert kinds(aged, ann) == ["record", "record"]
    assert len(kinds(aged, ann, "?_since=0")) == 2


def test_counts_know_what_went_for_its_age(make_app, ann, later, monkeypatch):
    more = {
        "history.auto_trim_max_age_days": "2",
        "history.auto_trim_max_count": "3",
        "history.auto_trim_threshold": "0",
    }
    app = make_app(**SETTINGS, **more)
    monkeypatch.setattr(trimming, "_AGE_SECONDS", 0)
    later(1, app)
    app.put_json(B, headers=ann)
    app.put_json(C, headers=ann)
    for number in range(3):
        app.put_json(R, {"data": {"n": number}}, headers=ann)
        later(1.1)
    for number in range(6):
        app.put_json(R, {"data": {"n": number}}, headers=ann)
    stored = app.storage.count_all("history", B)
    state = trimming.read_state(app.storage, B)
    counted = state["counts"]["record "]["count"]
    assert kinds(app, ann) == ["record"] * 3 and stored == counted == 3


def test_entries_of_other_users_are_not_removed_for_their_age(
    make_app, ann, bob, later, monkeypatch
):
    app = make_app(**SETTINGS)
    user = app.get("/", headers=bob).json["user"]["id"]
    more = {"history.auto_trim_max_age_days": "2", "history.auto_trim_user_ids": user}
    app = make_app(**SETTINGS, **more)
    monkeypatch.setattr(trimming, "_AGE_SECONDS", 0)
    later(1, app)
    app.put_json(B, {"permissions": {"write": ["system.Everyone"]}}, headers=ann)
    app.put_json(C, headers=bob)
    later(3)
    app.put_json(R, headers=bob)
    app.put_json(R, headers=ann)
    entries = app.get(f"{B}/history", headers=ann).json["data"]
    assert [entry["resource_name"] for entry in entries] == ["record", "record", "bucket"]


def test_many_entries_are_removed_in_parts(make_app, ann, monkeypatch):
    app = make_app(**SETTINGS)
    app.put_json(B, headers=ann)
    for number in range(14):
        app.put_json(C, {"data": {"n": number}}, headers=ann)
    monkeypatch.setattr(trimming, "AT_ONCE", 2)
    monkeypatch.setattr(trimming, "PASSES", 2)
    settings = HistorySettings.from_mapping(
        {"history.auto_trim_max_count": 3, "history.auto_trim_threshold": 0}
    )
    left = [
        trimming.trim_by_count(app.storage, settings, B, kind="collection", user_id=None)
        for _ in range(4)
    ]
    assert left == [7, 3, 0, 0]
    newest = app.get(f"{B}/history?resource_name=collection", headers=ann).json["data"]
    assert [entry["target"]["data"]["n"] for entry in newest] == [13, 12, 11]


def test_deleting_entries_by_request_begins_the_count_anew(make_app, ann):
    more = {"history.auto_trim_max_count": "3", "history.auto_trim_threshold": "0"}
    app = make_app(**SETTINGS, **more)
    app.put_json(B, headers=ann)
    for number in range(5):
        app.put_json(C, {"data": {"n": number}}, headers=ann)
    app.delete(f"{B}/history?resource_name=collection", headers=ann)
    for number in range(5):
        app.put_json(C, {"data": {"n": number}}, headers=ann)
    assert len(kinds(app, ann, "?resource_name=collection")) == 3
    state = trimming.read_state(app.storage, B)
    assert state["counts"]["collection "]["count"] == 3


def test_what_was_counted_is_not_looked_at_again(make_app, ann, monkeypatch):
    more = {"history.auto_trim_max_count": "50", "history.auto_trim_threshold": "0"}
    app = make_app(**SETTINGS, **more)
    app.put_json(B, headers=ann)
    for number in range(60):
        app.put_json(C, {"data": {"n": number}}, headers=ann)
    storage, looked_at = app.storage, []
    count_all, list_all = storage.count_all, storage.list_all

    def in_range(filters):
        by_time = [one for one in filters if one.field == "last_modified"]
        looked_at.append(count_all("history", B, filters=by_time))

    def counting(*args, **options):
        in_range(options["filters"])
        return count_all(*args, **options)

    def listing(*args, **options):
        found = list_all(*args, **options)
        upto = Filter("last_modified", found[-1]["last_modified"], COMPARISON.MAX)
        in_range([*options["filters"], upto])
        return found

    monkeypatch.setattr(storage, "count_all", counting)
    monkeypatch.setattr(storage, "list_all", listing)
    app.put_json(C, {"data": {"n": 60}}, headers=ann)
    assert looked_at == [1, 1]


def test_the_state_goes_with_the_bucket(make_app, ann):
    more = {"history.auto_trim_max_count": "3", "history.auto_trim_threshold": "0"}
    app = make_app(**SETTINGS, **more)
    app.put_json(B, headers=ann)
    for number in range(5):
        app.put_json(C, {"data": {"n": number}}, headers=ann)
    assert trimming.read_state(app.storage, B)["counts"]
    app.delete(B, headers=ann)
    assert trimming.read_state(app.storage, B)["counts"] == {}


def test_a_command_trims_where_nothing_is_written(make_app, ann, later, caplog):
    more = {"history.auto_trim_max_age_days": "2", "history.auto_trim_max_count": "3"}
    app = make_app(**SETTINGS, **more, **{"history.auto_trim_threshold": "50"})
    later(1, app)
    app.put_json(B, headers=ann)
    for number in range(5):
        app.put_json(C, {"data": {"n": number}}, headers=ann)
    app.put_json("/buckets/other", headers=ann)
    env = {"registry": app.registry}
    assert trim_history(env) == 0
    assert len(kinds(app, ann)) == 6
    later(3)
    app.put_json(R, headers=ann)
    assert trim_history(env) == 0
    assert kinds(app, ann) == ["record"]
    assert app.storage.count_all("history", "/buckets/other") == 0
    with app.given(readonly=True):
        assert trim_history(env) == 41


def test_without_the_plugin_there_is_nothing_to_trim(make_app, caplog):
    assert trim_history({"registry": make_app().registry}) == 42
    assert "history plugin is not installed" in caplog.text
