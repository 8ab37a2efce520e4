"""Files follow their records, in the transaction of the record (plugins: 18.3 and 22)."""

from __future__ import annotations

import json

import pytest

from tests.plugins.attachments.conftest import RECORD

LIST = RECORD.rpartition("/")[0]


@pytest.mark.parametrize(
    "uri", [RECORD, LIST, "/buckets/a/collections/c", "/buckets/a", "/buckets"]
)
def test_files_go_with_what_is_deleted_above_them(files, uri):
    files.upload()
    files.put("thumbnail", b"small", **{"Content-Disposition": 'attachment; filename="b.txt"'})
    assert len(files.stored()) == 2
    files.app.delete(uri, headers=files.ann)
    assert files.stored() == {}


def test_neighbours_keep_their_files(files):
    other = "/buckets/a/collections/cc"
    files.app.put_json(other, headers=files.ann)
    files.upload()
    files.upload(b"other", record=f"{other}/records/r")
    files.app.delete("/buckets/a/collections/c", headers=files.ann)
    assert files.contents() == [b"other"]
    assert files.get(record=f"{other}/records/r").body == b"other"


def test_a_new_upload_replaces_the_file(files):
    files.upload()
    assert files.upload(b"other").json["size"] == 5
    assert files.contents() == [b"other"]
    assert files.get().body == b"other"


def test_old_files_are_kept_where_the_settings_say(build):
    files = build(**{"attachment.resources.a.c.keep_old_files": "true"})
    files.upload()
    files.upload(b"other")
    files.app.delete(RECORD, headers=files.ann)
    assert files.contents() == [b"hello", b"other"]
    assert files.get().status_int == 404


def change(files, data, status):
    return files.app.patch_json(RECORD, {"data": data}, headers=files.ann, status=status)


def test_what_is_written_about_a_file_cannot_be_changed(files):
    files.upload()
    described = files.record()["attachment"]
    resp = change(files, {"attachment": {**described, "filename": "b.txt"}}, 400)
    assert resp.json == {
        "code": 400,
        "errno": 999,
        "error": "Bad Request",
        "message": "Attachment metadata cannot be modified.",
    }
    assert files.record()["attachment"] == described
    change(files, {"attachment": described, "title": "x"}, 200)


def test_what_is_written_about_other_files_cannot_be_changed_either(files):
    files.put("b.txt")
    described = files.record()["attachments"]["b.txt"]
    change(files, {"attachments": {"b.txt": {**described, "size": 1}}}, 400)
    change(files, {"attachments": [1]}, 400)
    change(files, {"attachments": {"b.txt": described, "c": 1}}, 200)


def test_null_leaves_the_file_alone_but_nobody_reads_it(files):
    files.upload()
    change(files, {"attachment": None}, 200)
    assert files.contents() == [b"hello"]
    assert files.get().status_int == 404


def test_a_description_that_a_user_made_up_leads_to_no_file(files):
    files.upload()
    described = files.record()["attachment"]
    mine = {"attachment": described, "attachments": {"x": described}}
    files.app.put_json(f"{LIST}/mine", {"data": mine}, headers=files.ann)
    assert files.get(record=f"{LIST}/mine").status_int == 404
    assert files.get("x", record=f"{LIST}/mine").status_int == 404


def test_a_batch_that_is_undone_leaves_the_files(files):
    files.upload()
    requests = [
        {"method": "DELETE", "path": RECORD},
        {"method": "PATCH", "path": "/buckets/nothing", "body": {"data": {}}},
    ]
    body = {"defaults": {"headers": files.ann}, "requests": requests}
    answers = files.app.post_json("/batch", body, headers=files.ann).json["responses"]
    assert [answer["status"] for answer in answers] == [200, 403]
    assert files.stored() == {}


def test_a_deletion_refused_by_another_plugin_leaves_the_files(build):
    files = build(includes="kinto.plugins.attachments tests.plugins.attachments.refusing")
    files.upload()
    files.app.delete(RECORD, headers={**files.ann, "X-Refuse": "yes"}, status=403)
    assert files.contents() == [b"hello"]
    files.upload(b"other", headers={**files.ann, "X-Refuse": "yes"}, status=403)
    assert files.contents() == [b"hello"]
    assert files.get().body == b"hello"


def test_uploads_are_events_of_the_record(build):
    includes = "kinto.plugins.attachments kinto.plugins.history"
    files = build(includes=includes)
    files.upload(params={"data": json.dumps({"a": 1})})
    files.upload(b"other")
    entries = files.app.get("/buckets/a/history?resource_name=record", headers=files.ann)
    assert [entry["action"] for entry in entries.json["data"]] == ["update", "create"]


def test_a_record_that_comes_back_has_no_file(files):
    files.upload()
    files.app.delete("/buckets/a", headers=files.ann)
    for uri in ("/buckets/a", "/buckets/a/collections/c", RECORD):
        files.app.put_json(uri, headers=files.ann)
    assert files.get().status_int == 404


def test_a_file_that_was_set_to_null_does_not_come_back_for_somebody_who_makes_it_up(files):
    bob = files.app.get("/", headers=files.bob).json["user"]["id"]
    collection = RECORD.rpartition("/records")[0]
    files.app.patch_json(collection, {"permissions": {"record:create": [bob]}}, headers=files.ann)
    assert files.put("plan.txt", b"secret of ann").status_code == 201
    files.app.put_json(RECORD, {"data": {}}, headers=files.ann)
    files.app.delete(RECORD, headers=files.ann)
    made_up = {"data": {"attachments": {"plan.txt": {"hash": "?"}}}}
    files.app.put_json(RECORD, made_up, headers=files.bob)
    assert files.get("plan.txt", headers=files.bob).status_code == 404


def test_a_null_file_does_not_come_back_by_a_made_up_description(files):
    assert files.put("plan.txt", b"secret of ann").status_code == 201
    files.upload(b"another secret")
    files.app.put_json(RECORD, {"data": {}}, headers=files.ann)
    made_up = {"data": {"attachment": {"hash": "?"}, "attachments": {"plan.txt": {"hash": "?"}}}}
    files.app.put_json(RECORD, made_up, headers=files.ann)
    assert [files.get(name).status_code for name in ("plan.txt", "main")] == [404, 404]


def test_a_null_file_comes_back_with_its_own_description(files):
    described = files.put("plan.txt", b"of ann").json
    files.app.put_json(RECORD, {"data": {}}, headers=files.ann)
    files.app.put_json(
        RECORD, {"data": {"attachments": {"plan.txt": described}}}, headers=files.ann
    )
    assert files.get("plan.txt").body == b"of ann"
