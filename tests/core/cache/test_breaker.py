"""A cache that is away is asked by one caller at a time, now and then."""

from __future__ import annotations

import threading

import pytest

from kinto.core.cache.breaker import PAUSE_SECONDS, Breaker
from kinto.core.runtime import clock
from kinto.core.storage.exceptions import BackendError


class Cache:
    """Counts how often it is asked, and fails while it is told to."""

    def __init__(self) -> None:
        self.asked = 0
        self.is_away = True

    def __call__(self) -> str:
        self.asked += 1
        if self.is_away:
            raise BackendError(message="away")
        return "value"


@pytest.fixture
def now(monkeypatch):
    time = [100.0]
    monkeypatch.setattr(clock, "monotonic", lambda: time[0])
    return time


@pytest.fixture
def cache():
    return Cache()


def is_away(failure: BackendError) -> bool:
    return str(failure) == "away"


def fails(breaker: Breaker, cache) -> None:
    with pytest.raises(BackendError):
        breaker.call(cache)


def test_after_a_failure_nobody_asks_for_a_while(now, cache):
    breaker = Breaker(is_away)
    for _ in range(5):
        fails(breaker, cache)
    assert cache.asked == 1
    now[0] += PAUSE_SECONDS
    for _ in range(5):
        fails(breaker, cache)
    assert cache.asked == 2


def test_it_is_asked_again_as_soon_as_it_answered(now, cache):
    breaker = Breaker(is_away)
    fails(breaker, cache)
    cache.is_away = False
    fails(breaker, cache)
    now[0] += PAUSE_SECONDS
    assert [breaker.call(cache) for _ in range(3)] == ["value"] * 3


def test_only_one_caller_waits_for_a_cache_that_hangs(now, cache):
    breaker = Breaker(is_away)
    fails(breaker, cache)
    now[0] += PAUSE_SECONDS
    entered, leave = threading.Event(), threading.Event()

    def hang() -> str:
        entered.set()
        leave.wait(10)
        return "late"

    results: list[str] = []
    waiting = threading.Thread(target=lambda: results.append(breaker.call(hang)))
    waiting.start()
    assert entered.wait(10)
    fails(breaker, cache)
    assert cache.asked == 1
    leave.set()
    waiting.join(10)
    assert results == ["late"]
    cache.is_away = False
    assert breaker.call(cache) == "value"


@pytest.mark.parametrize("error", [TypeError(), BackendError(message="no room left")])
def test_mistakes_of_callers_and_refusals_are_answers(now, cache, error):
    breaker = Breaker(is_away)

    def refuse() -> None:
        raise error

    for _ in range(2):
        with pytest.raises(type(error)):
            breaker.call(refuse)
    fails(breaker, cache)
    now[0] += PAUSE_SECONDS
    with pytest.raises(type(error)):
        breaker.call(refuse)
    cache.is_away = False
    assert breaker.call(cache) == "value"
