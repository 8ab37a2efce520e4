"""Units of work, and threads that write at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from kinto.core.protocol.terms import COMPARISON, Filter, Sort
from kinto.core.runtime import units
from kinto.core.storage import exceptions
from kinto.core.storage.testing.fixture import StorageFixture

BUCKET = ("bucket", "")
GROUPS = ("group", "/buckets/b")
UNWRITTEN = ("collection", "/buckets/b")


class _Boom(Exception):
    pass


class UnitsOfWorkTest(StorageFixture):
    """A unit is kept whole or undone whole: objects, tombstones and timestamps."""

    def _fill_lists(self):
        """Leave a bucket with two groups and two tombstones."""
        self.storage.create(*BUCKET, {"id": "b", "nested": {"a": [1]}})
        for object_id in ("g1", "g2", "gone1", "gone2"):
            self.storage.create(*GROUPS, {"id": object_id, "members": [object_id]})
        for object_id in ("gone1", "gone2"):
            self.storage.delete(*GROUPS, object_id)

    def _state_of_lists(self):
        sorting = [Sort("last_modified", 1)]
        return [
            self.storage.list_page(*where, sorting=sorting, include_deleted=True)
            for where in (BUCKET, GROUPS, UNWRITTEN)
        ] + [self.storage.all_resources_timestamps(name) for name in ("group", "collection")]

    def _writes(self):
        storage = self.storage
        return {
            "create": lambda: storage.create(*GROUPS, {"id": "g3"}),
            "create over a tombstone": lambda: storage.create(*GROUPS, {"id": "gone1"}),
            "create in a new list": lambda: storage.create(*UNWRITTEN, {"id": "c"}),
            "create in the past": lambda: storage.create(*GROUPS, {"id": "p", "last_modified": 7}),
            "append": lambda: storage.append(*GROUPS, [{"n": 1}, {"n": 2}]),
            "append to a new list": lambda: storage.append(*UNWRITTEN, [{"n": 1}]),
            "update": lambda: storage.update(*GROUPS, "g1", {"members": []}),
            "update over a tombstone": lambda: storage.update(*GROUPS, "gone2", {}),
            "update of a missing object": lambda: storage.update(*GROUPS, "g4", {}),
            "delete": lambda: storage.delete(*GROUPS, "g1"),
            "delete for good": lambda: storage.delete(*GROUPS, "g2", with_deleted=False),
            "delete of the parent": lambda: storage.delete(*BUCKET, "b"),
            "delete_all": lambda: storage.delete_all(None, "/buckets/b"),
            "purge": lambda: storage.purge_deleted(*GROUPS),
            "purge of timestamps": lambda: (
                storage.delete_all(None, "/buckets/b", with_deleted=False),
                storage.purge_deleted(None, "/buckets/b"),
            ),
            "trim": lambda: storage.trim_objects(*GROUPS, [], 1),
            "flush": storage.flush,
        }

    def test_an_aborted_unit_leaves_no_trace(self):
        self._fill_lists()
        before = self._state_of_lists()
        for name, write in self._writes().items():
            with self.subTest(write=name):
                with self.assertRaises(_Boom), units.unit_of_work():
                    write()
                    raise _Boom
                self.assertEqual(self._state_of_lists(), before)

    def test_an_aborted_unit_of_many_writes_leaves_no_trace(self):
        self._fill_lists()
        before = self._state_of_lists()
        with self.assertRaises(_Boom), units.unit_of_work():
            for name, write in self._writes().items():
                if name not in ("update over a tombstone", "delete for good", "flush"):
                    try:
                        write()
                    except (exceptions.RecordNotFoundError, exceptions.UnicityError):
                        pass
            raise _Boom
        self.assertEqual(self._state_of_lists(), before)

    def test_a_unit_sees_its_own_writes(self):
        self._fill_lists()
        with units.unit_of_work():
            created = self.storage.create(*GROUPS, {"id": "g3"})
            self.assertEqual(self.storage.get(*GROUPS, "g3"), created)
            self.assertEqual(self.storage.count_all(*GROUPS), 3)
            self.assertEqual(self.storage.resource_timestamp(*GROUPS), created["last_modified"])
            self.storage.delete(*GROUPS, "g3")
            self.assertEqual(self.storage.count_all(*GROUPS), 2)
            self.assertEqual(self.storage.get_many([(*GROUPS, "g3")]), [None])
        self.assertEqual(self.storage.count_all(*GROUPS), 2)

    def test_a_kept_unit_is_kept_whole(self):
        self._fill_lists()
        with units.unit_of_work():
            self.storage.create(*GROUPS, {"id": "g3"})
            self.storage.delete(*GROUPS, "g1")
        ids = [obj["id"] for obj in self.storage.list_all(*GROUPS, sorting=[Sort("id", 1)])]
        self.assertEqual(ids, ["g2", "g3"])

    def test_a_savepoint_undoes_only_what_came_after(self):
        self._fill_lists()
        for name, write in self._writes().items():
            if name == "flush":
                continue
            with self.subTest(write=name), units.unit_of_work() as unit:
                self.storage.create(*GROUPS, {"id": "kept"})
                before = self._state_of_lists()
                savepoint = unit.savepoint()
                write()
                savepoint.rollback()
                self.assertEqual(self._state_of_lists(), before)
                self.storage.delete(*GROUPS, "kept", with_deleted=False)

    def test_a_savepoint_at_the_start_undoes_everything(self):
        self._fill_lists()
        before = self._state_of_lists()
        with units.unit_of_work() as unit:
            savepoint = unit.savepoint()
            self.storage.delete(*GROUPS, "g1")
            savepoint.rollback()
            self.assertEqual(self._state_of_lists(), before)
            self.storage.lock_parent(*GROUPS)
            self.storage.create(*GROUPS, {"id": "g3"})
        self.assertEqual(self.storage.count_all(*GROUPS), 3)

    def test_a_refused_write_leaves_the_unit_usable(self):
        self._fill_lists()
        with units.unit_of_work():
            self.storage.create(*GROUPS, {"id": "g3"})
            with self.assertRaises(exceptions.UnicityError):
                self.storage.create(*GROUPS, {"id": "g1"})
            with self.assertRaises(exceptions.ObjectNotFoundError):
                self.storage.delete(*GROUPS, "gone1")
            taken = self.storage.get(*GROUPS, "g1")["last_modified"]
            with self.assertRaises(exceptions.IntegrityError):
                self.storage.create(*GROUPS, {"id": "g4", "last_modified": taken})
        ids = [obj["id"] for obj in self.storage.list_all(*GROUPS, sorting=[Sort("id", 1)])]
        self.assertEqual(ids, ["g1", "g2", "g3"])


class RacesTest(StorageFixture):
    """Several threads on one storage."""

    def _in_threads(self, work, count=4):
        """Run `work(number)` in that many threads at once; return the results."""
        barrier = threading.Barrier(count)

        def run(number):
            barrier.wait(timeout=30)
            return work(number)

        with ThreadPoolExecutor(count) as pool:
            return list(pool.map(run, range(count)))

    def test_of_many_creations_of_one_id_one_succeeds(self):
        for turn in range(10):

            def create(number, turn=turn):
                try:
                    self.create_object({self.id_field: f"same{turn}", "by": number})
                except exceptions.UnicityError:
                    return None
                return number

            winners = [number for number in self._in_threads(create) if number is not None]
            self.assertEqual(len(winners), 1)
            stored = self.storage.get(object_id=f"same{turn}", **self.storage_kw)
            self.assertEqual(stored["by"], winners[0])

    def test_of_many_deletions_of_one_object_one_succeeds(self):
        for _ in range(10):
            object_id = self.create_object()[self.id_field]

            def delete(number, object_id=object_id):
                try:
                    self.storage.delete(object_id=object_id, **self.storage_kw)
                except exceptions.ObjectNotFoundError:
                    return 0
                return 1

            self.assertEqual(sum(self._in_threads(delete)), 1)

    def test_a_locked_list_loses_no_update(self):
        self.create_object({self.id_field: "counter", "n": 0})

        def count(number):
            for _ in range(15):
                with units.unit_of_work():
                    self.storage.lock_parent(**self.storage_kw)
                    stored = self.storage.get(object_id="counter", **self.storage_kw)
                    self.storage.update(
                        object_id="counter", obj={"n": stored["n"] + 1}, **self.storage_kw
                    )

        self._in_threads(count)
        self.assertEqual(self.listed("n"), [60])

    def test_all_kinds_of_writes_get_different_timestamps(self):
        def write(number):
            times = []
            for _ in range(15):
                created = self.create_object()
                object_id = created[self.id_field]
                updated = self.storage.update(object_id=object_id, obj={}, **self.storage_kw)
                deleted = self.storage.delete(object_id=object_id, **self.storage_kw)
                times += [obj[self.modified_field] for obj in (created, updated, deleted)]
            return times

        times = [time for thread_times in self._in_threads(write) for time in thread_times]
        self.assertEqual(len(set(times)), 4 * 45)
        self.assertEqual(self.timestamp(), max(times))

    def test_a_poller_of_the_last_changes_misses_none(self):
        done = threading.Event()
        written: list[str] = []
        seen: set[str] = set()

        def write(number):
            for turn in range(15):
                ids = [f"w{number}-{turn}-{part}" for part in range(2)]
                with units.unit_of_work():
                    for object_id in ids:
                        self.create_object({self.id_field: object_id})
                written.extend(ids)

        # Read before anybody writes: what comes first would not be a change to the poller.
        start = self.timestamp()

        def poll():
            since = start
            while True:
                last = done.is_set()
                timestamp, changes = self.storage.list_page(
                    filters=[Filter(self.modified_field, since, COMPARISON.GT)],
                    include_deleted=True,
                    **self.storage_kw,
                )
                seen.update(obj[self.id_field] for obj in changes)
                since = timestamp
                if last:
                    return

        with ThreadPoolExecutor(1) as pool:
            polling = pool.submit(poll)
            self._in_threads(write, count=3)
            done.set()
            polling.result(timeout=60)
        self.assertEqual(seen, set(written))

    def test_a_reader_never_sees_half_a_unit(self):
        done = threading.Event()
        self.create_objects([{self.id_field: "left", "n": 0}, {self.id_field: "right", "n": 0}])

        def write(number):
            for turn in range(1, 40):
                with units.unit_of_work():
                    for object_id in ("left", "right"):
                        self.storage.update(object_id=object_id, obj={"n": turn}, **self.storage_kw)
            done.set()

        def read(number):
            while not done.is_set():
                values = self.listed("n")
                if len(set(values)) != 1:
                    return values
            return None

        with ThreadPoolExecutor(2) as pool:
            reading = pool.submit(read, 0)
            pool.submit(write, 0).result(timeout=60)
            self.assertIsNone(reading.result(timeout=60))
