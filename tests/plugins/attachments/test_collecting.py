"""`kinto attachments gc`: what it removes, and what it never touches."""

from __future__ import annotations

import argparse

import pytest

from kinto.cli import attachments as command
from kinto.core.runtime import clock
from kinto.plugins.attachments import collecting, links
from tests.factories import BACKENDS
from tests.plugins.attachments.conftest import RECORD
from tests.plugins.attachments.test_resuming import Upload


@pytest.fixture(params=["s3", *BACKENDS])
def files(request, build_on):
    """Those of a folder, on each backend, and those of S3."""
    if request.param != "s3":
        return build_on(request.param)
    settings, _ = request.getfixturevalue("s3_settings")
    found = build_on("memory", **{**settings, "attachment.base_path": ""})
    store = found.app.registry.attachments_store
    for file in list(store.files()):
        store.delete(file.path)
    store.forget_drafts(before_ms=clock.now_ms() + 10**6, keep=frozenset())
    return found


def paths(files):
    return {file.path for file in files.app.registry.attachments_store.files()}


def stray(files, path="stray.txt"):
    draft = files.app.registry.attachments_store.draft(path)
    draft.write(b"stray")
    draft.finish()
    draft.drop()
    return path


def collect(files, grace=-60, **options):
    return collecting.collect(files.app.registry, grace_seconds=grace, **options)


def test_a_file_without_record_goes_and_others_stay(files):
    files.upload()
    kept = paths(files)
    stray(files)
    done = collect(files)
    assert (done.files, done.bytes) == (1, 5)
    assert paths(files) == kept
    assert files.get().body == b"hello"
    assert collect(files).files == 0


def test_a_dry_run_removes_nothing(files):
    path = stray(files)
    assert collect(files, dry_run=True).files == 1
    assert path in paths(files)


def test_what_is_young_stays(files):
    path = stray(files)
    files.upload()
    files.app.patch_json(RECORD, {"data": {"attachment": None}}, headers=files.ann)
    done = collect(files, grace=3600)
    assert (done.files, done.links) == (0, 0)
    assert path in paths(files)


def test_a_file_whose_attribute_was_set_to_null_goes(files):
    files.upload()
    files.app.patch_json(RECORD, {"data": {"attachment": None}}, headers=files.ann)
    assert collect(files).links == 1
    assert paths(files) == set()


def test_a_file_whose_record_was_removed_behind_our_back_goes(files):
    files.upload()
    collection = RECORD.rpartition("/records/")[0]
    files.app.storage.delete("record", collection, "r", with_deleted=False)
    assert collect(files).links == 1
    assert paths(files) == set()
    assert list(links.all_links(files.app.storage)) == []


def test_an_unfinished_upload_goes_with_its_draft(files):
    upload = Upload(files)
    upload.begin(10)
    upload.send(0, b"012")
    assert collect(files, grace=3600).uploads == 0
    assert upload.offset() == 3
    done = collect(files)
    assert (done.uploads, done.drafts) == (1, 1)
    assert upload.call("HEAD").status_int == 404


def test_files_of_the_published_plugin_stay(files):
    path = stray(files, "old.txt")
    for resource in links.LEGACY:
        link = {"location": f"/{path}", "record_uri": RECORD}
        files.app.storage.create(resource, links.ROOT, link)
    assert collect(files).files == 0
    assert path in paths(files)


def test_many_links_are_read_in_pages(files, monkeypatch):
    monkeypatch.setattr(links, "PAGE", 2)
    for number in range(5):
        files.upload(record=f"/buckets/a/collections/c/records/r{number}")
    kept = paths(files)
    seen = []
    assert collect(files, looked_at=seen.append).files == 0
    assert paths(files) == kept
    assert sum(seen) == 10


def test_nothing_goes_while_old_files_are_kept(build):
    files = build(**{"attachment.keep_old_files": "true"})
    files.upload()
    files.upload(b"other")
    done = collect(files)
    assert (done.files, done.kept) == (0, 1)
    assert files.contents() == [b"hello", b"other"]


def run(files, **options):
    args = argparse.Namespace(action="gc", dry_run=False, grace=None, **{})
    vars(args).update(options)
    return command.run(args, {"registry": files.app.registry})


def test_the_command_tells_what_it_did(build, capsys):
    files = build()
    stray(files)
    assert run(files) == 0
    assert "0 file(s) without record removed" in capsys.readouterr().out
    assert run(files, grace=-60, dry_run=True) == 0
    assert "1 file(s) without record would be removed, 5 bytes." in capsys.readouterr().out
    assert run(files, grace=-60) == 0
    assert files.stored() == {}


def test_the_command_needs_the_plugin_and_a_server_that_may_write(build, make_app, capsys):
    args = argparse.Namespace(action="gc", dry_run=False, grace=None)
    assert command.run(args, {"registry": make_app().registry}) == command.NOT_INSTALLED
    files = build()
    with files.app.given(readonly=True):
        assert run(files) == command.READONLY


def test_links_have_no_url_and_no_tombstone(build):
    files = build()
    files.upload()
    files.app.delete(RECORD, headers=files.ann)
    found = files.app.storage.list_all(
        links.RESOURCE, links.parent_of("/buckets/a/collections/c"), include_deleted=True
    )
    assert found == []
