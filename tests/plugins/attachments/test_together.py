"""Several at once, and databases that fail in the worst moment."""

from __future__ import annotations

import hashlib
import threading

import pytest

from kinto.core.runtime.units import UnitOfWork
from kinto.core.storage.exceptions import BackendError
from tests.factories import another_client
from tests.plugins.attachments.conftest import RECORD


def test_of_many_uploads_at_once_one_is_left(files):
    statuses = []

    def run(number):
        client = another_client(files.app)
        resp = client.post(
            f"{RECORD}/attachment",
            upload_files=[("attachment", "a.txt", b"%d" % number, "text/plain")],
            headers=files.ann,
            status="*",
        )
        statuses.append(resp.status_int)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(statuses) == 8
    assert set(statuses) <= {200, 201, 503}
    assert files.contents() == [files.get().body]
    assert files.get().headers["ETag"] == f'"{files.record()["attachment"]["hash"]}"'


def test_names_written_at_once_are_all_kept(files):
    files.upload()

    def run(number):
        another_client(files.app).put(
            f"{RECORD}/attachments/n{number}.txt", b"%d" % number, headers=files.ann, status="*"
        )

    threads = [threading.Thread(target=run, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(files.record()["attachments"]) == [f"n{number}.txt" for number in range(6)]
    assert [files.get(f"n{number}.txt").body for number in range(6)] == [
        b"%d" % number for number in range(6)
    ]


@pytest.mark.parametrize("committed", [True, False])
def test_a_commit_whose_outcome_is_unknown_keeps_the_file_that_counts(
    files, monkeypatch, committed
):
    files.upload()
    commit = UnitOfWork.commit

    def fail(unit):
        if committed:
            commit(unit)
        raise BackendError(message="the connection is lost")

    with monkeypatch.context() as patch:
        patch.setattr(UnitOfWork, "commit", fail)
        files.upload(b"other", status=503)
    # Redis alone in its unit has committed before.
    body = files.get().body
    assert body == b"other" or not committed
    assert hashlib.sha256(body).hexdigest() == files.record()["attachment"]["hash"]
    if body == b"hello":
        assert files.contents() == [b"hello"]


def test_attachments_go_in_a_batch_too(files):
    files.upload()
    files.put("b.txt")
    requests = [
        {"method": "DELETE", "path": f"{RECORD}/attachment"},
        {"method": "DELETE", "path": f"{RECORD}/attachments/b.txt"},
    ]
    body = {"defaults": {"headers": files.ann}, "requests": requests}
    answers = files.app.post_json("/batch", body, headers=files.ann).json["responses"]
    assert [answer["status"] for answer in answers] == [204, 204]
    assert files.stored() == {}
    assert files.record()["attachment"] is None
