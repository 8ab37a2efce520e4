"""The memory of a server does not grow with the files it takes and gives.

tests/acceptance/test_attachments.py does the same with a gigabyte.
"""

from __future__ import annotations

import pytest

from tests.plugins.attachments import big

MEGABYTES = 96


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with big.file_server(tmp_path_factory.mktemp("big")) as server:
        yield server


def test_memory_stays_while_a_file_goes_up_and_down(server):
    with big.watched(server) as watch:
        digest = big.upload(server, MEGABYTES)
        assert big.download(server) == (200, digest)
    assert watch.growth_mb < MEGABYTES / 3


def test_an_interrupted_upload_resumes(server):
    with big.watched(server) as watch:
        digest = big.resume(server, MEGABYTES, piece=32)
        assert big.download(server) == (200, digest)
    assert watch.growth_mb < MEGABYTES / 3


def test_a_reader_without_the_right_gets_no_byte(server):
    assert big.download(server, user=big.BOB)[0] == 403
