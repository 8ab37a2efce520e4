"""`POST` and `DELETE .../attachment`: the wire format of the published plugin (plugins: 18.2)."""

from __future__ import annotations

import hashlib
import json
import uuid

import pytest

from tests.plugins.attachments.conftest import RECORD

HELLO = hashlib.sha256(b"hello").hexdigest()


def test_a_file_is_stored_and_described_in_its_record(files):
    resp = files.upload(filename="Été 1.JPG", kind="image/jpeg", status=201)
    location = f"http://localhost/v1{RECORD}/attachments/main"
    expected = {"filename": "Été 1.JPG", "location": location, "hash": HELLO}
    expected |= {"mimetype": "image/jpeg", "size": 5}
    assert resp.json == expected
    record = files.record()
    assert record["attachment"] == expected
    assert resp.headers["Location"] == f"http://localhost/v1{RECORD}"
    assert resp.headers["ETag"] == f'"{record["last_modified"]}"'
    assert "Last-Modified" in resp.headers
    [path] = files.stored()
    assert uuid.UUID(path.removesuffix(".jpg"))


def test_an_existing_record_keeps_its_attributes(files):
    files.app.put_json(RECORD, {"data": {"a": 1, "b": 1}}, headers=files.ann)
    files.upload(params={"data": json.dumps({"b": 2})}, status=200)
    record = files.record()
    assert (record["a"], record["b"]) == (1, 2)


def test_permissions_are_those_of_a_patch(files):
    files.upload(params={"permissions": json.dumps({"read": ["system.Everyone"]})})
    resp = files.app.get(RECORD)
    assert resp.json["data"]["attachment"]["filename"] == "a.txt"


def test_public_files_have_the_address_of_their_folder(build):
    files = build(**{"attachment.base_url": "http://cdn/files", "attachment.folder": "{bucket_id}"})
    location = files.upload().json["location"]
    [path] = files.stored()
    assert location == f"http://cdn/files/{path}"
    assert path.startswith("a/")
    assert files.get().body == b"hello"


def test_capabilities_tell_the_public_address(build):
    expected = {"description": "Add file attachments to records", "version": "8.0.0"}
    expected["url"] = "https://github.com/Kinto/kinto-attachment/"
    shown = build().app.get("/").json["capabilities"]["attachments"]
    assert shown == {**expected, "base_url": None}
    app = build(
        **{"attachment.base_url": "http://a/b", "attachment.extra.base_url": "http://c"}
    ).app
    assert app.get("/").json["capabilities"]["attachments"]["base_url"] == "http://c/"


def test_the_heartbeat_writes_and_removes_a_file(build):
    files = build(**{"attachment.max_size_bytes": "5"})
    assert files.app.get("/__heartbeat__").json["attachments"] is True
    assert files.stored() == {}


def form(*parts):
    lines = []
    for disposition, content in parts:
        lines += ["--xyz", f"Content-Disposition: form-data; {disposition}", "", content]
    return "\r\n".join([*lines, "--xyz--", ""]).encode()


FILE = ('name="attachment"; filename="a.txt"', "hello")
FORM = "multipart/form-data; boundary=xyz"

# Content type, body, errno, message.
REFUSED = [
    ("application/json", b"{}", 107, "Content-Type should be multipart/form-data"),
    ("multipart/form-data", b"x", 107, "Invalid boundary in multipart form: b''"),
    (FORM, form(('name="data"', "{}")), 109, "Attachment missing."),
    (FORM, form(('name="attachment"', "x")), 107, "body: Filename is required."),
    (FORM, form(('name="attachment"; filename=""', "x")), 107, "body: Filename is required."),
    (FORM, form(('name="attachment"; filename="a.exe"', "x")), 107, "body: File extension is not allowed."),
    (FORM, form(('name="attachment"; filename="a.txt"', "x" * 50)), 107, "body: File size (50 bytes) exceeds the limit (10 bytes)."),
    (FORM, form(FILE, ('name="data"; filename="d"', "{}")), 109, "body: 'data' field should be passed as form data, not files"),
    (FORM, form(FILE, ('name="foo"', "1")), 109, "body: 'foo' not in ('data', 'permissions')"),
    (FORM, form(FILE, ('name="data"', "[1]")), 109, "body: data is not a JSON object"),
    (FORM, form(FILE, ('name="data"', "null")), 109, "body: data is not a JSON object"),
    (FORM, form(FILE)[:-12], 107, "The form ends too early."),
    (FORM, b"no form", 107, None),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "body", "errno", "message"), REFUSED)
def test_a_refused_upload_changes_nothing(build_once, kind, body, errno, message):
    files = build_once(**{"attachment.max_size_bytes": "10"})
    files.upload(b"before")
    headers = {**files.ann, "Content-Type": kind}
    resp = files.app.post(f"{RECORD}/attachment", body, headers=headers, status=400)
    assert resp.json["errno"] == errno
    assert message is None or resp.json["message"] == message
    assert files.contents() == [b"before"]
    assert files.get().body == b"before"


def test_bad_json_says_what_is_wrong(files):
    resp = files.upload(params={"data": "{"}, status=400)
    assert resp.json["errno"] == 109
    assert resp.json["message"].startswith("body: data is not valid JSON (")


def test_what_the_record_may_not_be_leaves_no_file(files):
    resp = files.upload(params={"data": json.dumps({"last_modified": 10**15})}, status=400)
    assert resp.json["errno"] == 107
    assert files.stored() == {}


def test_a_malformed_record_id_is_told(files):
    resp = files.upload(record="/buckets/a/collections/c/records/%C3%A9!", status=400)
    assert resp.json["message"] == "path: Invalid object id"


@pytest.mark.parametrize("collection", ["/buckets/a/collections/x", "/buckets/x/collections/c"])
def test_a_missing_collection_is_told_to_who_may_know(build, collection):
    everyone = {"record_create_principals": "system.Everyone"}
    resp = build(**everyone).upload(record=f"{collection}/records/r", status=404)
    assert resp.json["errno"] == 111
    assert build().upload(record="/buckets/x/collections/c/records/r", status=403)


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH"])
def test_other_methods_are_not_allowed(files, method):
    files.app.request(f"{RECORD}/attachment", method=method, headers=files.ann, status=405)


def test_preconditions_are_ignored(files):
    files.upload()
    headers = {**files.ann, "If-Match": '"1"', "If-None-Match": "*"}
    assert files.upload(b"other", headers=headers).status_int == 200


def test_who_may_not_write_the_record_may_not_upload(files):
    files.upload(status=403, headers=files.bob)
    files.upload(status=401, headers={})
    files.upload()
    patch = {"permissions": {"read": ["system.Authenticated"]}}
    files.app.patch_json(RECORD, patch, headers=files.ann)
    files.upload(b"other", status=403, headers=files.bob)
    files.app.delete(f"{RECORD}/attachment", status=403, headers=files.bob)
    assert files.contents() == [b"hello"]


def test_who_may_create_records_may_upload_new_ones(files):
    patch = {"permissions": {"record:create": ["system.Authenticated"]}}
    files.app.patch_json("/buckets/a/collections/c", patch, headers=files.ann)
    files.upload(headers=files.bob, status=201)
    assert files.get(headers=files.bob).body == b"hello"


def test_a_deleted_attachment_is_null(files):
    files.upload()
    files.app.delete(f"{RECORD}/attachment", headers=files.ann, status=204)
    assert files.record()["attachment"] is None
    assert files.stored() == {}
    assert files.get().status_int == 404


def test_deleting_the_attachment_of_no_record_makes_one(files):
    files.app.delete(f"{RECORD}/attachment", headers=files.ann, status=204)
    assert files.record()["attachment"] is None


def test_the_personal_bucket_has_attachments(build):
    settings = {"includes": "kinto.plugins.default_bucket kinto.plugins.attachments"}
    files = build(default_bucket_hmac_secret="x" * 32, **settings)
    resp = files.upload(record="/buckets/default/collections/c/records/r", status=201)
    bucket = files.app.get("/", headers=files.ann).json["user"]["bucket"]
    assert f"/buckets/{bucket}/" in resp.headers["Location"]
    assert files.get(record="/buckets/default/collections/c/records/r").body == b"hello"


def test_a_schema_is_obeyed(build):
    files = build(experimental_collection_schema_validation="true")
    schema = {"properties": {"attachment": {"properties": {"mimetype": {"enum": ["image/png"]}}}}}
    data = {"data": {"schema": schema}}
    files.app.put_json("/buckets/a/collections/c", data, headers=files.ann)
    files.upload(status=400)
    assert files.stored() == {}
    files.upload(kind="image/png", status=201)


def test_a_form_of_many_pieces_is_put_together(build):
    files = build(**{"attachment.extensions": "any"})
    content = bytes(range(256)) * 30 + b"\r\n--almost\r\n"
    assert files.upload(content, filename="noextension").json["size"] == len(content)
    assert files.contents() == [content]


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "application/json"])
@pytest.mark.parametrize(("method", "path"), [("POST", "/batch"), ("PUT", RECORD)])
def test_bodies_of_other_endpoints_are_bounded_all_the_same(files_once, method, path, kind):
    headers = {**files_once.ann, "Content-Type": kind, "Content-Length": str(17 * 1024 * 1024)}
    resp = files_once.app.request(path, method=method, headers=headers, body=b"", status="*")
    assert resp.status_int in (413, 415)


def test_a_large_file_is_taken(build_once):
    files = build_once(**{"attachment.extensions": "any"})
    content = b"x" * (17 * 1024 * 1024)
    assert files.upload(content, filename="a.bin").json["size"] == len(content)
    assert files.put("b.bin", content).json["size"] == len(content)
