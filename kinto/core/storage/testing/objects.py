"""One object at a time: create, get, update, delete."""

from __future__ import annotations

from kinto.core.storage import exceptions
from kinto.core.storage.testing.fixture import OBJECT_ID, StorageFixture


class ObjectsTest(StorageFixture):
    """Part of `BaseTestStorage`."""

    def test_initialize_schema_is_idempotent(self):
        self.storage.initialize_schema()
        self.storage.initialize_schema()

    # -- create

    def test_create_adds_the_object_id(self):
        created = self.create_object()
        self.assertIsNotNone(created[self.id_field])

    def test_create_works_as_expected(self):
        created = self.create_object()
        stored = self.storage.get(object_id=created[self.id_field], **self.storage_kw)
        self.assertEqual(stored, created)
        self.assertEqual(stored["foo"], "bar")

    def test_create_copies_the_object_before_modifying_it(self):
        self.create_object()
        self.assertEqual(self.obj, {"foo": "bar"})

    def test_create_uses_the_resource_id_generator(self):
        created = self.create_object(id_generator=lambda: OBJECT_ID)
        self.assertEqual(created[self.id_field], OBJECT_ID)

    def test_create_supports_unicode_for_parent_and_id(self):
        where = {"resource_name": "Rémy", "parent_id": "Mathieu Ŕ"}
        created = self.create_object({**self.obj, self.id_field: "Rémy"}, **where)
        self.assertEqual(self.storage.get(object_id="Rémy", **where), created)

    def test_create_does_not_overwrite_the_provided_id(self):
        created = self.create_object({**self.obj, self.id_field: OBJECT_ID})
        self.assertEqual(created[self.id_field], OBJECT_ID)

    def test_create_raise_unicity_error_if_provided_id_exists(self):
        created = self.create_object({**self.obj, self.id_field: OBJECT_ID})
        with self.assertRaises(exceptions.UnicityError) as raised:
            self.create_object({"foo": "other", self.id_field: OBJECT_ID})
        self.assertEqual(raised.exception.field, self.id_field)
        self.assertEqual(self.storage.get(object_id=OBJECT_ID, **self.storage_kw), created)

    def test_create_does_generate_a_new_last_modified_field(self):
        self.assertNotIn(self.modified_field, self.obj)
        created = self.create_object()
        self.assertIsInstance(created[self.modified_field], int)

    # -- get

    def test_get_raise_on_object_not_found(self):
        with self.assertRaises(exceptions.ObjectNotFoundError):
            self.storage.get(object_id=OBJECT_ID, **self.storage_kw)

    # -- update

    def test_update_creates_a_new_object_when_needed(self):
        updated = self.storage.update(object_id=OBJECT_ID, obj=self.obj, **self.storage_kw)
        self.assertEqual(updated[self.id_field], OBJECT_ID)
        self.assertEqual(self.storage.get(object_id=OBJECT_ID, **self.storage_kw), updated)

    def test_update_overwrites_object_id(self):
        other_id = "this-will-be-ignored"
        self.storage.update(
            object_id=OBJECT_ID, obj={**self.obj, self.id_field: other_id}, **self.storage_kw
        )
        stored = self.storage.get(object_id=OBJECT_ID, **self.storage_kw)
        self.assertEqual(stored[self.id_field], OBJECT_ID)
        with self.assertRaises(exceptions.ObjectNotFoundError):
            self.storage.get(object_id=other_id, **self.storage_kw)

    def test_update_generates_a_new_last_modified_field_if_not_present(self):
        created = self.create_object()
        updated = self.storage.update(
            object_id=created[self.id_field], obj={"foo": "new"}, **self.storage_kw
        )
        self.assertGreater(updated[self.modified_field], created[self.modified_field])

    # -- delete

    def test_delete_works_properly(self):
        created = self.create_object()
        self.storage.delete(object_id=created[self.id_field], **self.storage_kw)
        with self.assertRaises(exceptions.ObjectNotFoundError):
            self.storage.get(object_id=created[self.id_field], **self.storage_kw)

    def test_delete_works_even_on_second_time(self):
        self.create_object({self.id_field: OBJECT_ID})
        self.storage.delete(object_id=OBJECT_ID, **self.storage_kw)
        self.storage.update(object_id=OBJECT_ID, obj={"again": True}, **self.storage_kw)
        self.storage.delete(object_id=OBJECT_ID, **self.storage_kw)
        self.assertEqual(self.listed(self.id_field, include_deleted=True), [OBJECT_ID])

    def test_delete_can_specify_the_last_modified(self):
        created = self.create_object()
        wanted = created[self.modified_field] + 10
        deleted = self.storage.delete(
            object_id=created[self.id_field], last_modified=wanted, **self.storage_kw
        )
        self.assertEqual(deleted[self.modified_field], wanted)
        self.assertEqual(self.listed(self.modified_field, include_deleted=True), [wanted])

    def test_delete_raise_when_unknown(self):
        with self.assertRaises(exceptions.ObjectNotFoundError):
            self.storage.delete(object_id=OBJECT_ID, **self.storage_kw)


class ParentObjectAccessTest(StorageFixture):
    """Objects of one parent are out of reach from another one."""

    def test_parent_cannot_access_other_parent_object(self):
        created = self.create_object()
        with self.assertRaises(exceptions.ObjectNotFoundError):
            self.storage.get(
                resource_name="test",
                parent_id=self.other_parent_id,
                object_id=created[self.id_field],
            )

    def test_parent_cannot_delete_other_parent_object(self):
        created = self.create_object()
        with self.assertRaises(exceptions.ObjectNotFoundError):
            self.storage.delete(
                resource_name="test",
                parent_id=self.other_parent_id,
                object_id=created[self.id_field],
            )
        self.assertEqual(self.count(), 1)

    def test_parent_cannot_update_other_parent_object(self):
        created = self.create_object()
        self.storage.update(
            resource_name="test",
            parent_id=self.other_parent_id,
            object_id=created[self.id_field],
            obj={"another": "object"},
        )
        unchanged = self.storage.get(object_id=created[self.id_field], **self.storage_kw)
        self.assertEqual(unchanged, created)


class SerializationTest(StorageFixture):
    """Only what JSON can tell is stored."""

    def test_create_bytes_raises(self):
        with self.assertRaises(TypeError):
            self.create_object({"steak": "haché".encode()})

    def test_update_bytes_raises(self):
        created = self.create_object()
        with self.assertRaises(TypeError):
            self.storage.update(
                object_id=created[self.id_field],
                obj={"steak": "haché".encode()},
                **self.storage_kw,
            )
