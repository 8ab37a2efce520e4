"""Uploads by tus 1.0, into a folder and into S3."""

from __future__ import annotations

import base64

import pytest

from kinto.core import utils
from kinto.core.runtime import clock
from kinto.plugins.attachments import resuming
from tests.factories import BACKENDS
from tests.plugins.attachments.conftest import RECORD

TYPE = "application/offset+octet-stream"


def metadata(**pairs):
    return ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in pairs.items())


class Upload:
    """One upload of ann's, unless said otherwise."""

    def __init__(self, files, *, record=RECORD):
        self.files = files
        self.record = record
        self.url = None

    def call(self, method, url=None, body=b"", headers=None, **more):
        headers = self.files.ann if headers is None else headers
        more = {name.replace("_", "-"): value for name, value in more.items()}
        headers = {"Tus-Resumable": "1.0.0", **headers, **more}
        return self.files.app.request(
            url or self.url, method=method, body=body, headers=headers, status="*"
        )

    def begin(self, length, **more):
        more.setdefault("Upload_Metadata", metadata(filename="a.txt", filetype="text/csv"))
        url = f"{self.record}/uploads"
        resp = self.call("POST", url, Upload_Length=str(length), **more)
        if resp.status_int == 201:
            self.url = resp.headers["Location"].removeprefix("http://localhost")
        return resp

    def send(self, offset, piece, **more):
        more.setdefault("Content_Type", TYPE)
        return self.call("PATCH", body=piece, Upload_Offset=str(offset), **more)

    def offset(self):
        return int(self.call("HEAD").headers["Upload-Offset"])


@pytest.fixture(params=["s3", *BACKENDS])
def upload(request, build_on):
    """Into a folder, on each backend, and into S3."""
    if request.param != "s3":
        return Upload(build_on(request.param))
    settings, _ = request.getfixturevalue("s3_settings")
    return Upload(build_on("memory", **{**settings, "attachment.base_path": ""}))


def test_an_upload_goes_on_where_it_broke_off(upload):
    resp = upload.begin(10)
    assert resp.status_int == 201
    assert resp.headers["Tus-Resumable"] == "1.0.0"
    assert upload.offset() == 0
    resp = upload.send(0, b"01234")
    assert (resp.status_int, resp.headers["Upload-Offset"]) == (204, "5")
    assert upload.files.get().status_int == 404
    head = upload.call("HEAD")
    assert (head.headers["Upload-Offset"], head.headers["Upload-Length"]) == ("5", "10")
    assert head.headers["Cache-Control"] == "no-store"
    assert upload.send(5, b"56789").headers["Upload-Offset"] == "10"
    resp = upload.files.get()
    assert resp.body == b"0123456789"
    record = upload.files.record()["attachment"]
    assert (record["filename"], record["mimetype"], record["size"]) == ("a.txt", "text/csv", 10)
    assert resp.headers["ETag"] == f'"{record["hash"]}"'
    assert upload.call("HEAD").status_int == 404


def test_only_the_next_piece_is_taken(upload):
    upload.begin(10)
    upload.send(0, b"012")
    assert upload.send(0, b"012").status_int == 409
    assert upload.send(5, b"567").status_int == 409
    assert upload.offset() == 3


def test_more_than_was_announced_is_refused(upload):
    upload.begin(3)
    assert upload.send(0, b"0123").status_int == 413
    assert upload.offset() == 0
    assert upload.send(0, b"012").status_int == 204
    assert upload.files.get().body == b"012"


def test_an_upload_can_be_given_up(upload):
    upload.begin(10)
    upload.send(0, b"012")
    assert upload.call("DELETE").status_int == 204
    assert upload.call("HEAD").status_int == 404
    assert upload.send(3, b"3").status_int == 404


def test_an_empty_file_is_there_at_once(upload):
    assert upload.begin(0).status_int == 201
    assert upload.files.get().body == b""


def test_uploads_may_have_a_name(files):
    upload = Upload(files)
    upload.begin(3, Upload_Metadata=metadata(name="b", filename="b.txt"))
    upload.send(0, b"012")
    assert files.get("b").body == b"012"
    assert files.record()["attachments"]["b"]["filename"] == "b.txt"


def test_nobody_else_continues_an_upload(files):
    patch = {"permissions": {"write": ["system.Authenticated"]}}
    files.app.patch_json("/buckets/a", patch, headers=files.ann)
    upload = Upload(files)
    upload.begin(10)
    assert upload.call("HEAD", headers=files.bob).status_int == 404
    assert upload.send(0, b"x", headers=files.bob).status_int == 404
    assert upload.call("DELETE", headers=files.bob).status_int == 404
    assert upload.offset() == 0


def test_who_may_not_write_the_record_begins_nothing(files):
    assert Upload(files).begin(10, headers=files.bob).status_int == 403
    assert Upload(files).begin(10, headers={}).status_int == 401


def test_a_right_taken_away_stops_the_upload(files):
    patch = {"permissions": {"record:create": ["system.Authenticated"]}}
    files.app.patch_json("/buckets/a/collections/c", patch, headers=files.ann)
    upload = Upload(files)
    upload.begin(10, headers=files.bob)
    patch = {"permissions": {"record:create": []}}
    files.app.patch_json("/buckets/a/collections/c", patch, headers=files.ann)
    assert upload.send(0, b"0123456789", headers=files.bob).status_int == 403
    assert upload.call("HEAD", headers=files.bob).status_int == 403


# Headers of the beginning, status.
REFUSED = [
    ({"length": "x"}, 400),
    ({"length": "-1"}, 400),
    ({"length": ""}, 400),
    ({"Tus_Resumable": "0.2"}, 412),
    ({"Upload_Metadata": "filename ***"}, 400),
    ({"Upload_Metadata": metadata(filename="a.exe")}, 400),
    ({"Upload_Metadata": metadata(name="../x", filename="a.txt")}, 400),
    ({"length": "11"}, 413),
]


@pytest.mark.parametrize(("headers", "status"), REFUSED)
def test_a_wrong_beginning_is_refused(build_once, headers, status):
    upload = Upload(build_once(**{"attachment.max_size_bytes": "10"}))
    assert upload.begin(**{"length": "10", **headers}).status_int == status


def test_a_piece_of_another_type_is_refused(files):
    upload = Upload(files)
    upload.begin(10)
    assert upload.send(0, b"x", Content_Type="application/json").status_int == 415


def test_a_piece_under_way_keeps_others_out(files, monkeypatch):
    upload = Upload(files)
    upload.begin(10)
    monkeypatch.setattr(resuming, "_busy", {upload.url.rpartition("/")[2]})
    assert upload.send(0, b"x").status_int == 423


def test_a_failed_piece_leaves_the_upload_to_others(files):
    upload = Upload(files)
    upload.begin(10)
    for _ in range(2):
        assert upload.send(3, b"x").status_int == 409
    assert not resuming._busy


def test_a_record_that_refuses_the_file_keeps_what_arrived(build):
    includes = "kinto.plugins.attachments tests.plugins.attachments.refusing"
    upload = Upload(build(includes=includes))
    upload.begin(4)
    upload.send(0, b"01")
    assert upload.send(2, b"23", X_Refuse="yes").status_int == 403
    assert upload.offset() == 2
    assert upload.send(2, b"23").status_int == 204
    assert upload.files.contents() == [b"0123"]
    assert upload.files.get().body == b"0123"


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_user_has_only_so_many_unfinished_uploads(build_on, backend):
    files = build_on(backend, **{"attachment.uploads_per_user": "2"})
    kept, given_up, third = Upload(files), Upload(files), Upload(files)
    others = "/buckets/a/collections/d"
    files.app.put_json(others, headers=files.ann)
    given_up.record = f"{others}/records/r"
    assert kept.begin(4).status_int == 201
    assert given_up.begin(4).status_int == 201
    resp = third.begin(4)
    assert (resp.status_int, resp.json["code"]) == (429, 429)
    assert 0 < int(resp.headers["Retry-After"]) <= 24 * 3600
    assert third.begin(0).status_int == 201  # Finished at once.
    permissions = {"permissions": {"write": ["system.Everyone"]}}
    files.app.patch_json("/buckets/a", permissions, headers=files.ann)
    for headers in (files.bob, {}):
        other = Upload(files)
        assert [other.begin(4, headers=headers).status_int for _ in "012"] == [201, 201, 429]
    assert given_up.call("DELETE").status_int == 204
    assert third.begin(4).status_int == 201
    assert kept.send(0, b"0123").status_int == 204
    assert Upload(files).begin(4).status_int == 201


@pytest.mark.parametrize("backend", BACKENDS)
def test_uploads_given_up_long_ago_make_room(build_on, backend, monkeypatch):
    # An application of its own: what is dated tomorrow is not for other tests.
    files = build_on(backend, **{"attachment.uploads_per_user": "2", "project_name": "tomorrow"})
    old, recent = Upload(files), Upload(files)
    assert old.begin(4).status_int == recent.begin(4).status_int == 201
    old.send(0, b"01")
    tomorrow = clock.now_ms() + 24 * 3600 * 1000
    monkeypatch.setattr(utils, "msec_time", lambda: tomorrow)
    assert recent.send(0, b"01").status_int == 204
    monkeypatch.setattr(utils, "msec_time", lambda: tomorrow + 60_000)
    drafts = files.folder / ".drafts"
    before = len(list(drafts.iterdir()))
    assert Upload(files).begin(4).status_int == 201
    assert Upload(files).begin(4).status_int == 429
    assert old.call("HEAD").status_int == 404
    assert recent.offset() == 2
    assert len(list(drafts.iterdir())) == before - 1


def test_the_number_of_unfinished_uploads_may_be_unlimited(build_once):
    files = build_once(**{"attachment.uploads_per_user": "0"})
    assert {Upload(files).begin(4).status_int for _ in range(60)} == {201}


def test_options_tell_the_protocol(build):
    files = build(**{"attachment.max_size_bytes": "10"})
    headers = {"Origin": "http://x", "Access-Control-Request-Method": "POST"}
    resp = files.app.options(f"{RECORD}/uploads", headers=headers)
    assert resp.headers["Tus-Version"] == "1.0.0"
    assert resp.headers["Tus-Extension"] == "creation,termination"
    assert resp.headers["Tus-Max-Size"] == "10"
    assert "Access-Control-Allow-Origin" in resp.headers
