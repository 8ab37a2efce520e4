"""New objects of one list, stored together by whoever has locked it."""

from __future__ import annotations

import json

from kinto.core.protocol.terms import Sort
from kinto.core.runtime import units
from kinto.core.storage.testing.fixture import StorageFixture

ARTICLES = ("article", "/buckets/b/collections/c")
OTHERS = ("article", "/buckets/a/collections/c")


class CreatingTest(StorageFixture):
    """`StorageBase.create_many`, inside and outside of units of work."""

    def _create(self, *ids, where=ARTICLES):
        self.storage.lock_parent(*where)
        return self.storage.create_many(*where, {key: {"n": {"é": [key]}} for key in ids})

    def _ids(self, where=ARTICLES):
        return [obj["id"] for obj in self.storage.list_all(*where, sorting=[Sort("id", 1)])]

    def test_they_are_stored_in_their_order_and_newer_than_all_others(self):
        first = self.storage.create(*ARTICLES, {"id": "0", "last_modified": 2_000_000_000_000})
        with units.unit_of_work():
            created = self._create("b", "a", "c")
            timestamp = self.storage.resource_timestamp(*ARTICLES)
            after = self.storage.create(*ARTICLES, {"id": "d"})
        times = [obj.timestamp for obj in created]
        assert [first["last_modified"], *times, after["last_modified"]] == sorted(
            {first["last_modified"], *times, after["last_modified"]}
        )
        assert timestamp == times[-1]
        assert self._ids() == ["0", "a", "b", "c", "d"]
        by_time = self.storage.list_all(*ARTICLES, sorting=[Sort("last_modified", 1)])
        assert [obj["id"] for obj in by_time] == ["0", "b", "a", "c", "d"]

    def test_their_texts_are_those_of_the_stored_objects(self):
        with units.unit_of_work():
            texts = [json.loads(obj.text) for obj in self._create("a", "b")]
            assert self.storage.get_many([(*ARTICLES, "a"), (*ARTICLES, "b")]) == texts
        assert [self.storage.get(*ARTICLES, object_id) for object_id in "ab"] == texts
        assert texts[0] == {
            "id": "a",
            "n": {"é": ["a"]},
            "last_modified": texts[0]["last_modified"],
        }

    def test_none_is_fine(self):
        before = self.storage.resource_timestamp(*ARTICLES)
        assert self.storage.create_many(*ARTICLES, {}) == []
        assert self.storage.resource_timestamp(*ARTICLES) == before

    def test_a_tombstone_makes_room(self):
        self.storage.create(*ARTICLES, {"id": "a"})
        gone = self.storage.delete(*ARTICLES, "a")
        with units.unit_of_work():
            created = self._create("a", "b")
        assert created[0].timestamp > gone["last_modified"]
        assert self._ids() == ["a", "b"]
        assert self.storage.count_all(*ARTICLES, include_deleted=True) == 2

    def test_what_is_undone_leaves_no_trace(self):
        self.storage.create(*ARTICLES, {"id": "a"})
        self.storage.delete(*ARTICLES, "a")
        self.storage.create(*ARTICLES, {"id": "z"})
        before = self.storage.resource_timestamp(*ARTICLES)
        with units.unit_of_work() as unit:
            self.storage.lock_parent(*ARTICLES)
            kept = unit.savepoint()
            self._create("a", "b")
            self.storage.delete(*ARTICLES, "b")
            kept.rollback()
            assert self._ids() == ["z"]
            assert self.storage.resource_timestamp(*ARTICLES) == before
            again = self._create("b")
        assert again[0].timestamp > before
        assert self._ids() == ["b", "z"]
        assert self.storage.count_all(*ARTICLES, include_deleted=True) == 3

    def test_lists_stay_apart(self):
        with units.unit_of_work():
            self._create("a", where=OTHERS)
            self._create("a", "b")
            self.storage.update(*ARTICLES, "a", {"n": 1})
        assert self._ids(OTHERS) == ["a"]
        assert self.storage.get(*OTHERS, "a")["n"] == {"é": ["a"]}
        assert self.storage.get(*ARTICLES, "a")["n"] == 1

    def test_buckets_are_stored_as_any_other(self):
        with units.unit_of_work():
            self._create("b1", "b2", where=("bucket", ""))
        assert self._ids(("bucket", "")) == ["b1", "b2"]
