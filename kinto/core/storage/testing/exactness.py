"""Values come back exactly as they went in, and compare as the protocol says."""

from __future__ import annotations

from kinto.core.protocol import matching
from kinto.core.protocol.terms import COMPARISON, MISSING, Filter, Sort
from kinto.core.storage.testing.fixture import StorageFixture

VALUES = {
    "integers": [0, -1, 2**53, 2**53 + 1, 2**63 - 1, -(2**63), 2**63, 2**64 + 1, 10**40],
    "decimals": [0.1, 1.0, -0.0, 1e300, 5e-324, 1.7976931348623157e308, 123456.789],
    "texts": ["", " ", "é", "e\u0301", "\U0001f600", '"', "\\", "\u2028", "'; --", "a\nb", "%_*?"],
    "others": [None, True, False, [], {}, [[]], {"": {"": None}}, {"a.b": {"c": [1, "1", None]}}],
}

# Strings on both sides of the surrogates tell code point order from that of UTF-16.
ORDERED_TEXTS = ["", "A", "Z", "_", "a", "b", "é", "\ud7ff", "\uff5e", "\U0001f600", "\U0010ffff"]

COMPARED = [None, "", "a", "b", "10", "9", 0, 1, 1.5, 10, -1, 2**53, 2**53 + 1, True, False]
COMPARED += [[], [1], [1, 2], ["a"], {}, {"a": 1}, {"a": 2}, {"b": 0}, {"a": 1, "b": 1}, MISSING]


class ExactnessTest(StorageFixture):
    """The codec loses nothing."""

    def test_values_come_back_exactly(self):
        for kind, values in VALUES.items():
            for number, value in enumerate(values):
                object_id = f"{kind}-{number}"
                self.create_object({self.id_field: object_id, "value": value})
                stored = self.storage.get(object_id=object_id, **self.storage_kw)["value"]
                listed = self.storage.list_page(
                    filters=[Filter(self.id_field, object_id, COMPARISON.EQ)], **self.storage_kw
                )[1][0]["value"]
                with self.subTest(value=value):
                    # The text tells 1 from 1.0, and 0.0 from -0.0.
                    self.assertEqual(repr(stored), repr(value))
                    self.assertEqual(repr(listed), repr(value))

    def test_names_of_fields_may_be_any_text(self):
        names = ["", "a.b", 'quo"te', "back\\slash", "$", "é", "[0]", "'", "%", "\U0001f600"]
        for name in names:
            created = self.create_object({name: 1, "n": name})
            with self.subTest(name=name):
                stored = self.storage.get(object_id=created[self.id_field], **self.storage_kw)
                self.assertEqual(stored, created)
                if "." not in name:
                    filters = [Filter(name, 1, COMPARISON.EQ)]
                    self.assertEqual(self.listed("n", filters=filters), [name])
                    self.assertEqual(self.listed("n", sorting=[Sort(name, 1)], limit=1), [name])

    def test_order_of_fields_is_kept(self):
        given = {"z": 1, "a": {"y": 1, "b": 2}, "m": 3}
        created = self.create_object(given)
        stored = self.storage.get(object_id=created[self.id_field], **self.storage_kw)
        self.assertEqual([name for name in stored if name in given], list(given))
        self.assertEqual(list(stored["a"]), ["y", "b"])

    def test_what_json_cannot_tell_leaves_no_trace(self):
        before = self.timestamp()
        for value in (b"bytes", {1, 2}, object(), {"deep": [b"bytes"]}):
            with self.subTest(value=value), self.assertRaises(TypeError):
                self.create_object({self.id_field: "x", "value": value})
        self.assertEqual(self.listed(self.id_field), [])
        self.assertEqual(self.timestamp(), before)

    def test_integers_that_doubles_confuse_are_different(self):
        values = [2**53, 2**53 + 1]
        self.assertEqual(self.matching(values, (2**53 + 1, COMPARISON.EQ)), [2**53 + 1])
        self.assertEqual(self.matching(values, (2**53, COMPARISON.GT)), [2**53 + 1])


class ComparisonsTest(StorageFixture):
    """Each operator agrees with `kinto.core.protocol.matching`, value by value."""

    def test_texts_are_in_the_order_of_code_points(self):
        self.create_objects({"text": text} for text in reversed(ORDERED_TEXTS))
        self.assertEqual(self.listed("text", sorting=[Sort("text", 1)]), ORDERED_TEXTS)
        self.assertEqual(self.listed("text", sorting=[Sort("text", -1)]), ORDERED_TEXTS[::-1])
        filters = [Filter("text", "é", COMPARISON.GT)]
        self.assertCountEqual(self.listed("text", filters=filters), ORDERED_TEXTS[7:])

    def _assert_as_protocol(self, field, pairs):
        objects = self.storage.list_all(**self.storage_kw)
        for value, operator in pairs:
            filters = [Filter(field, value, operator)]
            expected = sorted(obj["n"] for obj in matching.select(objects, filters=filters)[0])
            with self.subTest(field=field, value=value, operator=operator):
                self.assertEqual(sorted(self.listed("n", filters=filters)), expected)
                self.assertEqual(self.count(filters=filters), len(expected))

    def _store(self, values):
        for number, value in enumerate(values):
            obj = {"n": number, "top": value, "path": {"leaf": value}}
            if value is MISSING:
                obj = {"n": number, "path": {}}
            self.create_object(obj)

    def test_comparisons_agree_with_the_protocol(self):
        self._store(COMPARED)
        operators = (
            COMPARISON.EQ,
            COMPARISON.NOT,
            COMPARISON.LT,
            COMPARISON.MAX,
            COMPARISON.GT,
            COMPARISON.MIN,
        )
        for field in ("top", "path.leaf", "path.leaf.a"):
            self._assert_as_protocol(
                field, [(value, operator) for value in COMPARED for operator in operators]
            )

    def test_lists_of_values_agree_with_the_protocol(self):
        self._store(COMPARED)
        lists = [[], [None], [1, "a", True], [1.0, 10], [[1]], [{"a": 1}, "b"], ["a", "b"]]
        operators = (
            COMPARISON.IN,
            COMPARISON.EXCLUDE,
            COMPARISON.CONTAINS,
            COMPARISON.CONTAINS_ANY,
        )
        for field in ("top", "path.leaf"):
            self._assert_as_protocol(
                field, [(values, operator) for values in lists for operator in operators]
            )

    def test_order_of_any_values_agrees_with_the_protocol(self):
        self._store(COMPARED)
        objects = self.storage.list_all(**self.storage_kw)
        for sorting in (
            [Sort("top", 1), Sort("n", 1)],
            [Sort("top", -1), Sort("n", 1)],
            [Sort("path.leaf", 1), Sort("n", -1)],
        ):
            expected = [obj["n"] for obj in matching.sort_objects(objects, sorting)]
            self.assertEqual(self.listed("n", sorting=sorting), expected)
            self.assertEqual(self.listed("n", sorting=sorting, limit=7), expected[:7])

    def test_like_knows_one_wildcard_only(self):
        texts = ["100%", "100 percent", "a_b", "axb", "a\\b", "[ab]", "a?b", "", "Straße", "É", "é"]
        self._store([*texts, 100, 1.5, True, None, ["a_b"], {"a_b": 1}, MISSING])
        patterns = ["100%", "%", "_", "a_b", "\\", "[ab]", "?", "", "*", "a*b", "*b", "**", "É"]
        patterns += ["é", "STRASSE", "straße", "10", "true", "true*", "*_*", "a*b*", "1.5"]
        self._assert_as_protocol("top", [(text, COMPARISON.LIKE) for text in patterns])

    def test_has_agrees_with_the_protocol(self):
        self._store(COMPARED)
        for field in ("top", "path", "path.leaf", "path.leaf.a", "n.n", "nothing"):
            self._assert_as_protocol(field, [(True, COMPARISON.HAS), (False, COMPARISON.HAS)])
