"""Reading files: who may, in parts, and not at all when they are known."""

from __future__ import annotations

import hashlib

import pytest

from tests.plugins.attachments.conftest import RECORD

TAG = f'"{hashlib.sha256(b"0123456789").hexdigest()}"'


@pytest.fixture
def served(files_once):
    files_once.upload(b"0123456789", filename="a é.txt")
    return files_once


def test_a_file_comes_as_it_was_sent(served):
    resp = served.get()
    assert resp.body == b"0123456789"
    assert resp.headers["Content-Type"] == "text/plain"
    assert resp.headers["Content-Length"] == "10"
    assert resp.headers["ETag"] == TAG
    assert resp.headers["Cache-Control"] == "private, no-cache"
    assert resp.headers["Content-Disposition"] == (
        "attachment; filename=\"a__.txt\"; filename*=UTF-8''a%20%C3%A9.txt"
    )


def test_readers_of_the_record_read_its_file_and_nobody_else(files):
    served = files
    served.upload(b"0123456789")
    assert served.get(headers=served.bob).status_int == 403
    assert served.get(headers={}).status_int == 401
    patch = {"permissions": {"read": ["system.Everyone"]}}
    served.app.patch_json(RECORD, patch, headers=served.ann)
    assert served.get(headers=served.bob).body == b"0123456789"
    assert served.get(headers={}).body == b"0123456789"
    patch = {"permissions": {"read": []}}
    served.app.patch_json(RECORD, patch, headers=served.ann)
    assert served.get(headers=served.bob).status_int == 403
    resp = served.app.get(f"{RECORD}/attachments", headers=served.bob, status=403)
    assert resp.json["errno"] == 121


# Range, what comes.
PARTS = [
    ("bytes=0-0", b"0"),
    ("bytes=2-4", b"234"),
    ("bytes=8-", b"89"),
    ("bytes=8-100", b"89"),
    ("bytes=-3", b"789"),
    ("bytes=-100", b"0123456789"),
]


@pytest.mark.parametrize(("wanted", "content"), PARTS)
def test_a_part_can_be_asked_for(served, wanted, content):
    resp = served.get(Range=wanted)
    assert (resp.status_int, resp.body) == (206, content)
    start = b"0123456789".index(content)
    assert resp.headers["Content-Range"] == f"bytes {start}-{start + len(content) - 1}/10"


@pytest.mark.parametrize(
    "wanted", ["bytes=5-2", "bytes=0-1,3-4", "lines=1-2", "bytes=x", "bytes=-"]
)
def test_what_is_no_single_range_gives_the_whole(served, wanted):
    assert served.get(Range=wanted).status_int == 200


@pytest.mark.parametrize("wanted", ["bytes=10-", "bytes=99-100", "bytes=-0"])
def test_a_part_beyond_the_end_cannot_be_given(served, wanted):
    resp = served.get(Range=wanted)
    assert resp.status_int == 416
    assert resp.headers["Content-Range"] == "bytes */10"


PAST, FUTURE = "Mon, 01 Jan 2001 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT"
# Headers, status.
CONDITIONS = [
    ({"If-None-Match": TAG}, 304),
    ({"If-None-Match": "*"}, 304),
    ({"If-None-Match": f'"other", W/{TAG}'}, 304),
    ({"If-None-Match": '"other"'}, 200),
    ({"If-None-Match": '"other"', "If-Modified-Since": FUTURE}, 200),
    ({"If-Modified-Since": FUTURE}, 304),
    ({"If-Modified-Since": PAST}, 200),
    ({"If-Modified-Since": "yesterday"}, 200),
    ({"If-Match": TAG}, 200),
    ({"If-Match": "*"}, 200),
    ({"If-Match": '"other"'}, 412),
    ({"If-Unmodified-Since": PAST}, 412),
    ({"If-Unmodified-Since": FUTURE}, 200),
    ({"Range": "bytes=0-1", "If-Range": TAG}, 206),
    ({"Range": "bytes=0-1", "If-Range": '"other"'}, 200),
    ({"Range": "bytes=0-1", "If-Range": PAST}, 200),
    ({"Range": "bytes=0-1", "If-None-Match": TAG}, 304),
]


@pytest.mark.parametrize(("headers", "status"), CONDITIONS)
def test_conditions_are_kept(served, headers, status):
    resp = served.get(**headers)
    assert resp.status_int == status
    assert status != 304 or resp.body == b""


def test_head_tells_the_size_without_content(served):
    resp = served.app.head(f"{RECORD}/attachments/main", headers=served.ann)
    assert (resp.headers["Content-Length"], resp.body) == ("10", b"")


def test_an_empty_file_is_served(files):
    files.upload(b"")
    assert files.get().body == b""
    assert files.get(Range="bytes=0-").status_int == 416


def test_a_file_whose_content_is_gone_does_not_exist(served):
    for path in served.stored():
        (served.folder / path).unlink()
    assert served.get().status_int == 404


def test_files_are_not_served_in_a_batch(served):
    requests = [{"path": f"{RECORD}/attachments/main"}]
    answers = served.app.post_json("/batch", {"requests": requests}, headers=served.ann)
    assert answers.json["responses"][0]["status"] == 400


TRAVERSALS = [
    "..",
    "../main",
    "%2e%2e",
    "%2e%2e%2fmain",
    "..%2f..%2f..%2f..%2fetc%2fpasswd",
    "....//etc/passwd",
    "main/../../../secret.txt",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "..%5c..%5csecret.txt",
    "%252e%252e%252fsecret.txt",
    "main%00.txt",
]


@pytest.mark.parametrize("name", TRAVERSALS)
def test_a_name_never_leads_out_of_the_record(served, name):
    (served.folder.parent / "secret.txt").write_text("content of another file")
    resp = served.app.get(f"{RECORD}/attachments/{name}", headers=served.ann, expect_errors=True)
    assert resp.status_int == (400 if "%00" in name else 404)
    assert b"content of another" not in resp.body


@pytest.mark.parametrize(
    "filename", ["../../evil.txt", "..\\evil.txt", "/etc/evil.txt", "a/b.txt", ".hidden.txt"]
)
def test_a_file_name_never_leads_out_of_the_folder(build_once, filename):
    files = build_once(**{"attachment.randomize": "false"})
    files.upload(filename=filename)
    [path] = files.stored()
    assert path in ("evil.txt", "b.txt", "hidden.txt")
    assert files.get().body == b"hello"


def test_several_files_have_names(files):
    files.upload()
    resp = files.put("b.txt", b"bb", **{"Content-Type": "image/png"})
    assert (resp.status_int, resp.json["mimetype"]) == (201, "image/png")
    assert files.put("c.txt", b"ccc").status_int == 201
    assert files.put("c.txt", b"cccc").status_int == 200
    listed = files.app.get(f"{RECORD}/attachments", headers=files.ann).json["data"]
    assert [(item["name"], item["size"]) for item in listed] == [
        ("b.txt", 2),
        ("c.txt", 4),
        ("main", 5),
    ]
    assert files.get("c.txt").body == b"cccc"
    files.app.delete(f"{RECORD}/attachments/b.txt", headers=files.ann, status=204)
    assert list(files.record()["attachments"]) == ["c.txt"]
    assert files.contents() == [b"cccc", b"hello"]
    files.app.delete(f"{RECORD}/attachments/b.txt", headers=files.ann, status=404)


@pytest.mark.parametrize("name", ["a%20b", "%C3%A9", ".x", "a" * 101, "a%2Fb", "a;b"])
def test_a_strange_name_is_refused(files_once, name):
    files = files_once
    resp = files.put(name)
    assert resp.status_int in (400, 404)
    assert files.stored() == {}


@pytest.mark.parametrize(
    ("headers", "filename"),
    [
        ({"Content-Disposition": 'attachment; filename="b c.txt"'}, "b c.txt"),
        ({"Content-Disposition": "attachment; filename*=UTF-8''%C3%A9.txt"}, "é.txt"),
        ({}, "a.txt"),
    ],
)
def test_the_name_of_the_file_is_that_of_the_header(files_once, headers, filename):
    assert files_once.put("a.txt", **headers).json["filename"] == filename


def test_the_listing_of_no_record_is_a_404(files):
    files.app.get(f"{RECORD}/attachments", headers=files.ann, status=404)
