"""The reader of time."""

from __future__ import annotations

import sys
import time
import types

import pytest

from kinto.core.runtime import clock


@pytest.fixture
def utils(monkeypatch):
    """Stands for `kinto.core.utils`, whose `msec_time` suites replace."""
    module = types.ModuleType("kinto.core.utils")
    module.msec_time = clock.msec_time
    monkeypatch.setitem(sys.modules, "kinto.core.utils", module)
    return module


def test_time_is_whole_milliseconds(utils):
    before = time.time()
    assert before * 1000 - 1 <= clock.now_ms() <= time.time() * 1000
    assert type(clock.now_ms()) is int


def test_a_replaced_reader_is_honoured_at_each_call(utils):
    utils.msec_time = lambda: -1
    assert clock.now_ms() == -1
    utils.msec_time = clock.msec_time
    assert clock.now_ms() > 0


def test_time_can_be_read_before_the_toolbox_is_loaded(monkeypatch):
    monkeypatch.delitem(sys.modules, "kinto.core.utils", raising=False)
    assert clock.now_ms() > 0


def test_a_toolbox_half_loaded_or_pointing_back_is_no_loop(utils):
    utils.msec_time = clock.now_ms
    assert clock.now_ms() > 0
    del utils.msec_time
    assert clock.now_ms() > 0


def test_dates_are_utc_and_durations_never_negative():
    assert clock.now().utcoffset().total_seconds() == 0
    assert clock.monotonic() <= clock.monotonic()
