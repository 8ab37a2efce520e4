"""Objects put behind all others of a list, by somebody who need not know their timestamps."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from kinto.core.protocol.terms import Sort
from kinto.core.runtime import units
from kinto.core.storage.generators import UUID7
from kinto.core.storage.testing.fixture import StorageFixture

ENTRIES = ("entry", "/buckets/b")
OTHERS = ("entry", "/buckets/a")


class AppendingTest(StorageFixture):
    """`StorageBase.append`, inside and outside of units of work."""

    def _append(self, *numbers, where=ENTRIES):
        self.storage.append(*where, [{"n": number} for number in numbers], UUID7())

    def _entries(self, where=ENTRIES):
        """The numbers in the order of their timestamps, and whether these are good ones."""
        timestamp, objects = self.storage.list_page(*where, sorting=[Sort("last_modified", 1)])
        times = [obj["last_modified"] for obj in objects]
        self.assertEqual(times, sorted(set(times)))
        self.assertEqual(timestamp, times[-1])
        return [obj["n"] for obj in objects]

    def test_they_are_newer_than_all_others_in_their_order(self):
        future = 2_000_000_000_000
        self.storage.create(*ENTRIES, {"n": 0, "last_modified": future})
        self._append(1, 2)
        with units.unit_of_work():
            self._append(3)
            self._append(4, 5)
            self._append(10, 11, where=OTHERS)
            self._append(6)
        self.assertEqual(self._entries(), [0, 1, 2, 3, 4, 5, 6])
        self.assertEqual(self._entries(OTHERS), [10, 11])
        self.assertGreater(self.storage.resource_timestamp(*ENTRIES), future)

    def test_the_first_ones_of_a_list_are_newer_than_its_parent(self):
        self.storage.create("bucket", "", {"id": "b", "last_modified": 2_000_000_000_000})
        before = self.storage.resource_timestamp(*ENTRIES)
        with units.unit_of_work():
            self._append(1)
        (entry,) = self.storage.list_all(*ENTRIES)
        self.assertGreater(entry["last_modified"], before)

    def test_their_parent_may_be_as_new_as_they_are(self):
        with units.unit_of_work():
            self.storage.create("bucket", "", {"id": "b"})
            self.storage.create("collection", "/buckets/b", {"id": "c"})
            self._append(1)
            self._append(2, where=("entry", "/buckets/b/collections/c"))
        for where in (ENTRIES, ("entry", "/buckets/b/collections/c")):
            *_, name, object_id = where[1].split("/")
            parent = self.storage.get(name[:-1], where[1].rpartition(f"/{name}/")[0], object_id)
            (entry,) = self.storage.list_all(*where)
            self.assertGreater(entry["last_modified"], parent["last_modified"])

    def test_their_unit_sees_them(self):
        self._append(1)
        with units.unit_of_work():
            self.storage.lock_parent("other", "/buckets/b")
            self._append(2)
            self.assertEqual(self._entries(), [1, 2])
            self._append(3)
            self.assertEqual(self.storage.count_all(*ENTRIES), 3)
            self._append(4)
            before = self.storage.resource_timestamp(*ENTRIES)
            written = self.storage.create(*ENTRIES, {"n": 5})
            self.assertGreater(written["last_modified"], before)
            self._append(6)
        self.assertEqual(self._entries(), [1, 2, 3, 4, 5, 6])

    def test_a_locked_list_takes_them_too(self):
        with units.unit_of_work():
            self.storage.lock_parent(*ENTRIES)
            self._append(1, 2)
        with units.unit_of_work():
            self._append(3)
            self.storage.lock_parent(*ENTRIES)
            self._append(4)
        self.assertEqual(self._entries(), [1, 2, 3, 4])

    def test_their_ids_are_those_of_the_generator(self):
        class Named(UUID7):
            def __call__(self):
                return "named"

            regexp = "named"

        with units.unit_of_work():
            self.storage.append(*ENTRIES, [{"n": 1}], Named())
            self.storage.append(*ENTRIES, [{"n": 2, "é": None}])
        ids = {obj["n"]: obj["id"] for obj in self.storage.list_all(*ENTRIES)}
        self.assertEqual(ids[1], "named")
        found = self.storage.get(*ENTRIES, ids[2])
        del found["last_modified"]
        self.assertEqual(found, {"id": ids[2], "n": 2, "é": None})

    def test_many_threads_lose_none(self):
        barrier = threading.Barrier(4)

        def write(number):
            barrier.wait(timeout=30)
            for turn in range(10):
                with units.unit_of_work():
                    lists = (ENTRIES, OTHERS) if number % 2 else (OTHERS, ENTRIES)
                    for where in lists:
                        self._append(100 * number + turn, where=where)

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(write, range(4)))
        for where in (ENTRIES, OTHERS):
            numbers = self._entries(where)
            self.assertEqual(len(numbers), 40)
            for number in range(4):
                own = [n for n in numbers if n // 100 == number]
                self.assertEqual(own, sorted(own))
