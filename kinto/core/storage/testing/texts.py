"""Objects and timestamps for answers that nobody decodes: what the usual reads give, as text."""

from __future__ import annotations

from kinto.core.runtime import json
from kinto.core.storage.testing.fixture import StorageFixture

PARENT = ("bucket", "", "b")
PLACE = ("group", "/buckets/b")


class TextsTest(StorageFixture):
    """`get_json` and `timestamp_with`."""

    def _fill(self) -> None:
        self.storage.create("bucket", "", {"id": "b", "schema": {"type": "object"}})
        self.storage.create(*PLACE, {"id": "g", "nested": [{'é"\\': 2**70}], "none": None})
        self.storage.create(*PLACE, {"id": "bare"})
        self.storage.create(*PLACE, {"id": "gone"})
        self.storage.delete(*PLACE, "gone")

    def test_get_json_is_the_text_of_the_last_object(self):
        self._fill()
        for object_id in ("g", "bare"):
            expected = self.storage.get(*PLACE, object_id)
            for above in ([], [PARENT], [PARENT, PARENT]):
                found = self.storage.get_json([*above, (*PLACE, object_id)])
                self.assertEqual(found.timestamp, expected[self.modified_field])
                self.assertEqual(json.loads_trusted(found.text), expected)

    def test_get_json_gives_nothing_when_one_is_missing(self):
        self._fill()
        group, gone, nowhere = (*PLACE, "g"), (*PLACE, "gone"), ("group", "/buckets/x", "g")
        for keys in ([gone], [PARENT, nowhere], [gone, group], [group, gone, group]):
            self.assertIsNone(self.storage.get_json(keys))

    def test_get_json_follows_every_write(self):
        self._fill()
        key = (*PLACE, "g")
        self.storage.get_json([key])
        updated = self.storage.update(*key, {"new": True})
        self.assertEqual(json.loads_trusted(self.storage.get_json([key]).text), updated)
        self.storage.delete(*key)
        self.assertIsNone(self.storage.get_json([key]))

    def test_an_object_with_an_unusual_id_is_whole(self):
        self.storage.create(*PLACE, {"id": 'say "é"\\', "a": 1})
        found = self.storage.get_json([(*PLACE, 'say "é"\\')])
        self.assertEqual(json.loads_trusted(found.text)["id"], 'say "é"\\')

    def test_timestamp_with_is_that_of_the_list_where_all_is_there(self):
        self._fill()
        name, parent_id = PLACE
        place = {"resource_name": name, "parent_id": parent_id}
        expected = self.storage.resource_timestamp(name, parent_id)
        self.assertEqual(self.storage.timestamp_with([PARENT], **place), expected)
        self.assertEqual(self.storage.timestamp_with([PARENT, (*PLACE, "g")], **place), expected)
        self.assertIsNone(self.storage.timestamp_with([PARENT, (*PLACE, "gone")], **place))
        empty = {"resource_name": "collection", "parent_id": parent_id}
        derived = self.storage.resource_timestamp("collection", parent_id)
        self.assertEqual(self.storage.timestamp_with([PARENT], **empty), derived)
