"""Both stores keep the same promises: a folder, and a real S3-compatible server."""

from __future__ import annotations

import copy
import os

import pytest

from kinto.core.runtime import clock
from kinto.plugins.attachments.settings import AttachmentSettings
from kinto.plugins.attachments.stores import local, s3
from kinto.plugins.attachments.stores.base import StoreUnavailable
from kinto.plugins.attachments.stores.local import LocalStore
from tests.servers import free_port


@pytest.fixture(params=["local", "s3"])
def store(request, tmp_path, monkeypatch):
    if request.param == "local":
        return LocalStore(tmp_path / "files")
    settings, _ = request.getfixturevalue("s3_settings")
    found = s3.store_of(AttachmentSettings.from_mapping(settings))
    for file in list(found.files()):
        found.delete(file.path)
    found.forget_drafts(before_ms=clock.now_ms() + 10**6, keep=frozenset())
    return found


def put(store, path="a/b.txt", content=b"hello"):
    draft = store.draft(path)
    draft.write(content)
    found = draft.finish()
    draft.drop()
    return found


def content(store, path, **part):
    return b"".join(store.read(path, **part))


def drafts(store, keep=()):
    """How many drafts there are (dropped by looking), besides those to keep."""
    return store.forget_drafts(before_ms=clock.now_ms() + 10**6, keep=frozenset(keep))


def test_a_finished_file_is_there(store):
    path = put(store)
    assert (path, store.size(path), content(store, path)) == ("a/b.txt", 5, b"hello")
    assert [(file.path, file.size) for file in store.files()] == [("a/b.txt", 5)]
    assert abs(next(iter(store.files())).modified_ms - clock.now_ms()) < 60_000
    assert drafts(store) == 0


@pytest.mark.parametrize(
    ("part", "expected"),
    [({"start": 1}, b"ello"), ({"start": 1, "length": 3}, b"ell"), ({"length": 0}, b"")],
)
def test_a_part_is_read(store, part, expected):
    assert content(store, put(store), **part) == expected


def test_no_file_replaces_another_one(store):
    assert [put(store, "f.txt", b"1"), put(store, "f.txt", b"2"), put(store, "f.txt", b"3")] == [
        "f.txt",
        "f-1.txt",
        "f-2.txt",
    ]
    assert content(store, "f.txt") == b"1"


def test_a_missing_file_is_told(store):
    assert store.size("nothing") is None
    with pytest.raises(FileNotFoundError):
        store.read("nothing")
    store.delete("nothing")


def test_an_empty_file_is_a_file(store):
    path = put(store, content=b"")
    assert (store.size(path), content(store, path)) == (0, b"")


def test_a_draft_is_no_file_and_can_be_dropped(store):
    draft = store.draft("a.txt")
    draft.write(b"x" * 10)
    draft.save()
    assert list(store.files()) == []
    draft.drop()
    assert drafts(store) == 0


PART = 5 * 1024 * 1024


@pytest.mark.parametrize("pieces", [[b"hel", b"lo"], [b"x" * (PART - 1), b"yy", b"z" * PART, b"."]])
def test_a_draft_is_continued_from_its_state(store, pieces, monkeypatch):
    monkeypatch.setattr(s3, "PART", PART)
    state = store.draft("a.bin").state
    for piece in pieces:
        draft = store.resume(copy.deepcopy(state))
        draft.write(piece)
        draft.save()
        state = draft.state
    draft = store.resume(copy.deepcopy(state))
    path = draft.finish()
    draft.drop()
    whole = b"".join(pieces)
    assert store.size(path) == len(whole)
    assert content(store, path) == whole
    assert drafts(store) == 0


def test_what_was_written_beyond_a_state_is_forgotten(store):
    draft = store.draft("a.bin")
    draft.write(b"hel")
    draft.save()
    state = copy.deepcopy(draft.state)
    draft.write(b"undone")
    draft.save()
    again = store.resume(state)
    again.write(b"lo")
    assert content(store, again.finish()) == b"hello"


def test_drafts_of_uploads_under_way_are_not_forgotten(store):
    kept, other = store.draft("a.bin"), store.draft("b.bin")
    for draft in (kept, other):
        draft.write(b"hel")
        draft.save()
    assert store.forget_drafts(before_ms=0, keep=frozenset()) == 0
    assert drafts(store, keep=[kept.state["id"]]) == 1
    again = store.resume(kept.state)
    again.write(b"lo")
    assert content(store, again.finish()) == b"hello"


def test_parts_that_nobody_wants_any_more_are_forgotten_in_s3(s3_settings, monkeypatch):
    monkeypatch.setattr(s3, "PART", PART)
    store = s3.store_of(AttachmentSettings.from_mapping(s3_settings[0]))
    drafts(store)
    draft = store.draft("a.bin")
    draft.write(b"x" * (PART + 1))
    draft.save()
    upload = draft.state["upload_id"]
    assert drafts(store, keep=[draft.state["id"], upload]) == 0
    draft.drop()
    assert drafts(store) == 0


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", ".drafts/x", "a/../../x", "a\0b"])
def test_no_path_leads_out_of_the_folder(tmp_path, path):
    store = LocalStore(tmp_path / "files")
    with pytest.raises((FileNotFoundError, ValueError)):
        store.read(path)
    with pytest.raises((FileNotFoundError, ValueError)):
        store.draft(path)


def test_a_link_out_of_the_folder_is_not_followed(tmp_path):
    store = LocalStore(tmp_path / "files")
    put(store)
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "files" / "link.txt").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(FileNotFoundError):
        store.read("link.txt")


def test_a_draft_that_is_gone_cannot_be_continued(tmp_path):
    store = LocalStore(tmp_path / "files")
    draft = store.draft("a.txt")
    draft.write(b"hel")
    draft.save()
    draft.drop()
    with pytest.raises(FileNotFoundError):
        store.resume(draft.state).write(b"lo")


def test_a_full_disk_is_a_trouble_of_the_server(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    store = LocalStore(tmp_path / "files")
    draft = store.draft("a.txt")
    draft.write(b"hello")
    monkeypatch.setattr(local.os, "fsync", full)
    with pytest.raises(StoreUnavailable, match="No space left"):
        draft.finish()
    draft.drop()
    assert [path for path in store.root.rglob("*") if path.is_file()] == []


def test_a_draft_whose_last_bytes_find_no_room_leaves_nothing(tmp_path):
    store = LocalStore(tmp_path / "files")
    draft = store.draft("a.txt")
    draft.write(b"hello")
    with open("/dev/full", "r+b", buffering=0) as full:
        os.dup2(full.fileno(), draft._file.fileno())
    draft.drop()
    assert [path for path in store.root.rglob("*") if path.is_file()] == []


def test_a_service_that_does_not_answer_is_a_trouble_of_the_server():
    settings = {
        "attachment.aws.bucket_name": "files",
        "attachment.aws.endpoint_url": f"http://127.0.0.1:{free_port()}",
        "attachment.aws.access_key": "a",
        "attachment.aws.secret_key": "b",
    }
    store = s3.store_of(AttachmentSettings.from_mapping(settings))
    with pytest.raises(StoreUnavailable):
        store.size("a.txt")


def test_a_wrong_key_is_a_trouble_of_the_server(s3_settings):
    settings = {**s3_settings[0], "attachment.aws.secret_key": "wrong"}
    with pytest.raises(StoreUnavailable):
        put(s3.store_of(AttachmentSettings.from_mapping(settings)))


def test_without_the_library_the_start_says_what_to_install(monkeypatch):
    monkeypatch.setattr(s3, "boto3", None)
    with pytest.raises(ImportError, match=r"kinto\[s3\]"):
        s3.store_of(AttachmentSettings.from_mapping({"attachment.aws.bucket_name": "x"}))
