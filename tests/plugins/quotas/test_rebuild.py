"""`kinto rebuild-quotas`: the counters of data that was there before the plugin."""

from __future__ import annotations

import io

import pytest

from kinto.cli.maintenance import delete_collection
from kinto.cli.progress import ProgressBar
from kinto.cli.quotas import rebuild_quotas
from kinto.plugins.quotas import scripts
from tests.plugins.quotas.conftest import B, C
from tests.plugins.quotas.counting import counted, counters_of


@pytest.fixture
def wrong(limited, ann):
    """An application whose counters know nothing of what it holds."""
    app = limited()
    for number in range(5):
        app.put_json(f"{C}/records/r{number}", {"data": {"n": number}}, headers=ann)
    app.put_json(f"{B}/groups/g", {"data": {"members": ["x"]}}, headers=ann)
    app.put_json(f"{B}/collections/empty", headers=ann)
    app.registry.storage.delete_all("quota", "*", with_deleted=False)
    return app


def test_counters_are_those_of_what_is_stored(wrong, caplog, monkeypatch):
    caplog.set_level("INFO")
    monkeypatch.setattr(scripts, "PAGE", 2)
    assert rebuild_quotas({"registry": wrong.registry}, dry_run=False) == 0
    storage = wrong.registry.storage
    should = counted(storage, "b")
    assert counters_of(storage, "b") == should
    size, total = should["c"]["storage_size"], should[""]["storage_size"]
    assert f"Bucket b, collection c. Final size: 5 records, {size} bytes." in caplog.messages
    told = f"Bucket b. Final size: 2 collections, 5 records, {total} bytes."
    assert told in caplog.messages


def test_a_dry_run_only_tells(wrong, caplog):
    caplog.set_level("INFO")
    rebuild_quotas({"registry": wrong.registry}, dry_run=True)
    assert wrong.registry.storage.count_all("quota", "*") == 0
    assert any("Final size: 2 collections" in message for message in caplog.messages)


def test_a_collection_deleted_by_command_is_counted_out(limited, ann):
    app = limited()
    app.put_json(f"{C}/records/r", headers=ann)
    app.put_json(f"{B}/collections/d", headers=ann)
    delete_collection({"registry": app.registry}, "b", "c")
    storage = app.registry.storage
    assert counters_of(storage, "b") == counted(storage, "b")
    app.put_json(C, headers=ann)
    app.put_json(f"{C}/records/r", headers=ann)
    assert counters_of(storage, "b") == counted(storage, "b")


def test_a_readonly_server_refuses(wrong, caplog):
    with wrong.given(readonly=True):
        assert rebuild_quotas({"registry": wrong.registry}, dry_run=False) == 41
    assert "Cannot rebuild quotas while in readonly mode." in caplog.messages


def test_without_the_plugin_there_is_nothing_to_rebuild(app, caplog):
    assert rebuild_quotas({"registry": app.registry}, dry_run=False) == 42
    assert "Cannot rebuild quotas when quotas plugin is not installed." in caplog.messages


def test_progress_is_told_by_records(wrong, monkeypatch):
    monkeypatch.setattr(scripts, "PAGE", 2)
    told = []
    scripts.rebuild_quotas(wrong.registry.storage, counted=told.append)
    assert sum(told) == scripts.count_records(wrong.registry.storage) == 5


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_shows_a_bar():
    terminal = Terminal()
    bar = ProgressBar(4, what="records", stream=terminal)
    bar.advance(2)
    bar.advance(3)
    bar.finish()
    assert "2/4 records" in terminal.getvalue() and "5/5 records\n" in terminal.getvalue()
    assert "[###############               ]" in terminal.getvalue()


def test_elsewhere_there_is_no_bar():
    stream = io.StringIO()
    bar = ProgressBar(4, what="records", stream=stream)
    bar.advance(4)
    bar.finish()
    assert stream.getvalue() == ""
