"""What the caches of this package promise besides: exactness, one receiver, no leftovers.

Mixin to put beside `CacheTest`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from kinto.core.cache.testing.certification import SHORT_TTL
from kinto.core.runtime import units


class StrictCacheTest:
    """Used as `class MyTest(StrictCacheTest, CacheTest, unittest.TestCase)`."""

    cache: Any

    def test_a_deleted_value_is_received_by_one_thread_only(self):
        received: list[Any] = []
        for n in range(20):
            self.cache.set("token", n, 10)
            received += [
                v for v in _in_threads(8, lambda: self.cache.delete("token")) if v is not None
            ]
        self.assertEqual(received, list(range(20)))

    def test_threads_that_set_distinct_keys_lose_none(self):
        def fill() -> None:
            name = threading.current_thread().name
            for n in range(20):
                self.cache.set(f"{name}:{n}", n, 10)

        names = _in_threads(4, lambda: (fill(), threading.current_thread().name)[1])
        found = [self.cache.get(f"{name}:{n}") for name in names for n in range(20)]
        self.assertEqual(found, list(range(20)) * 4)

    def test_threads_that_set_one_key_leave_one_whole_value(self):
        values = [{"writer": n, "text": "x" * 50 * n} for n in range(8)]
        writers = iter(values)
        _in_threads(8, lambda: self.cache.set("key", next(writers), 10))
        self.assertIn(self.cache.get("key"), values)

    def test_changing_a_value_after_set_or_get_changes_nothing_stored(self):
        value = {"list": [1]}
        self.cache.set("key", value, 10)
        value["list"].append(2)
        self.cache.get("key")["list"].append(3)
        self.assertEqual(self.cache.get("key"), {"list": [1]})

    def test_set_replaces_value_and_time_to_live(self):
        self.cache.set("key", "old", SHORT_TTL)
        self.cache.set("key", "new", 10)
        self._wait()
        self.assertEqual(self.cache.get("key"), "new")
        self.cache.set("key", "newest", 1)
        self.assertLessEqual(self.cache.ttl("key"), 1)

    def test_a_time_to_live_of_zero_or_less_removes_the_value(self):
        for ttl in (0, -1, -0.5):
            self.cache.set("key", "value", 10)
            self.cache.set("key", "other", ttl)
            self.assertIsNone(self.cache.get("key"), ttl)
            self.cache.set("key", "value", 10)
            self.cache.expire("key", ttl)
            self.assertIsNone(self.cache.get("key"), ttl)
            self.assertIsNone(self.cache.delete("key"), ttl)

    def test_fractions_of_seconds_are_kept(self):
        self.cache.set("key", "value", 1.5)
        self.assertGreater(self.cache.ttl("key"), 1)
        self.assertLessEqual(self.cache.ttl("key"), 1.5)

    def test_expire_prolongs_a_value(self):
        # Long enough for a busy machine to come to the second line in time.
        self.cache.set("key", "value", 2)
        self.cache.expire("key", 30)
        time.sleep(2.1)
        self.assertEqual(self.cache.get("key"), "value")

    def test_expire_of_an_unknown_key_creates_nothing(self):
        self.cache.expire("unknown", 10)
        self.assertIsNone(self.cache.get("unknown"))
        self.assertLess(self.cache.ttl("unknown"), 0)

    def test_an_expired_value_is_gone_for_every_method(self):
        self.cache.set("key", "value", SHORT_TTL)
        self._wait()
        self.cache.expire("key", 10)
        self.assertLess(self.cache.ttl("key"), 0)
        self.assertIsNone(self.cache.delete("key"))

    def test_keys_are_literal(self):
        keys = ["a_b", "axb", "a%b", "a*b", "A_B", "a b", "a\nb", "é", "", "a'b\"c\\", "a:b", "a/b"]
        for key in keys:
            self.cache.set(key, key, 10)
        self.assertEqual([self.cache.get(key) for key in keys], keys)
        self.assertEqual(self.cache.delete("a_b"), "a_b")
        self.assertEqual([self.cache.get(key) for key in keys[1:]], keys[1:])

    def test_flush_leaves_nothing(self):
        other = self.get_backend_prefix(prefix="prefix_")
        other.set("key", 1, 10)
        self.cache.set("key", 1, 10)
        self.cache.flush()
        self.assertIsNone(self.cache.get("key"))
        self.assertIsNone(other.get("key"))

    def test_false_and_empty_values_are_values(self):
        for value in (False, 0, "", [], {}):
            self.cache.set("key", value, 10)
            self.assertEqual(self.cache.delete("key"), value)

    def test_big_integers_and_text_of_any_script_are_exact(self):
        value = {"n": 2**70, "text": "日本 \U0001f600 \u2028 \x7f", "float": 1.0}
        self.cache.set("key", value, 10)
        obtained = self.cache.get("key")
        self.assertEqual(obtained, value)
        self.assertIs(type(obtained["float"]), float)

    def test_what_is_done_in_a_unit_of_work_survives_its_failure(self):
        self.cache.set("used", 1, 10)
        with self.assertRaises(ZeroDivisionError), units.unit_of_work():
            self.cache.set("kept", 1, 10)
            self.assertEqual(self.cache.delete("used"), 1)
            raise ZeroDivisionError
        self.assertEqual(self.cache.get("kept"), 1)
        self.assertIsNone(self.cache.get("used"))

    def test_hits_and_misses_are_counted(self):
        counter = _Counter()
        self.cache.set_metrics_backend(counter)
        self.cache.get("unknown")
        self.cache.set("key", False, 10)
        self.cache.get("key")
        self.cache.get("key")
        self.assertEqual(counter.counts, {"cache_misses": 1, "cache_hits": 2})


class _Counter:
    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def count(self, key: str, count: int = 1, unique: Any = None) -> None:
        self.counts[key] = self.counts.get(key, 0) + count


def _in_threads(number: int, work: Callable[[], Any]) -> list[Any]:
    """What `work` returned in each of `number` threads that start together."""
    results: list[Any] = []
    barrier = threading.Barrier(number)

    def run() -> None:
        barrier.wait()
        results.append(work())

    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
