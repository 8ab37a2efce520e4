"""Attachments at full size: a gigabyte up and down, by a form and by tus, memory watched."""

from __future__ import annotations

import pytest

from tests.plugins.attachments import big

MEGABYTES = 1024
MOST_GROWTH = 50
"""Megabytes by which resident memory may grow."""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with big.file_server(tmp_path_factory.mktemp("big")) as server:
        yield server


def test_a_gigabyte_goes_up_and_down_in_constant_memory(server, report):
    with big.watched(server) as watch:
        digest = big.upload(server, MEGABYTES)
    up = watch.growth_mb
    with big.watched(server) as watch:
        assert big.download(server) == (200, digest)
    report(f"1 GB by a form: memory +{up:.0f} MB going up, +{watch.growth_mb:.0f} MB coming down")
    assert up < MOST_GROWTH
    assert watch.growth_mb < MOST_GROWTH


def test_an_interrupted_gigabyte_resumes_in_constant_memory(server, report):
    with big.watched(server) as watch:
        digest = big.resume(server, MEGABYTES, piece=64)
        assert big.download(server) == (200, digest)
    report(f"1 GB by tus, one piece interrupted: memory +{watch.growth_mb:.0f} MB")
    assert watch.growth_mb < MOST_GROWTH


def test_a_reader_without_the_right_gets_no_byte(server, report):
    status, _ = big.download(server, user=big.BOB)
    report(f"a reader without the record's permission: {status}")
    assert status == 403
