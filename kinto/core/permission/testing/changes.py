"""Conformance: the ACEs of whole objects, read, replaced and deleted."""

from __future__ import annotations

from typing import Any


class ObjectChangesTest:
    """`get_object(s)_permissions`, `replace_object_permissions`, `delete_object_permissions`."""

    permission: Any

    def test_object_permissions_return_all_object_acls(self):
        self.permission.add_principal_to_ace("/url/a", "write", "ann")
        self.permission.add_principal_to_ace("/url/a", "read", "ann")
        self.permission.add_principal_to_ace("/url/a", "read", "bob")
        self.permission.add_principal_to_ace("/url/a", "record:create", "system.Everyone")
        self.permission.add_principal_to_ace("/url/a/b", "read", "eve")
        expected = {
            "write": {"ann"},
            "read": {"ann", "bob"},
            "record:create": {"system.Everyone"},
        }
        self.assertEqual(self.permission.get_object_permissions("/url/a"), expected)

    def test_object_permissions_return_listed_object_acls(self):
        self.permission.add_principal_to_ace("/url/a", "write", "ann")
        self.permission.add_principal_to_ace("/url/a", "read", "bob")
        self.permission.add_principal_to_ace("/url/a", "record:create", "eve")
        permissions = self.permission.get_object_permissions("/url/a", ["write", "read", "none"])
        self.assertEqual(permissions, {"write": {"ann"}, "read": {"bob"}})

    def test_objects_permissions_returns_empty_if_unknown(self):
        self.permission.add_principal_to_ace("/url/a", "write", "ann")
        permissions = self.permission.get_objects_permissions(["/unknown", "/url/a", "/other"])
        self.assertEqual(permissions, [{}, {"write": {"ann"}}, {}])

    def test_object_permissions_return_empty_dict(self):
        self.assertEqual(self.permission.get_object_permissions("/unknown"), {})

    def test_replace_object_permission_replace_all_given_sets(self):
        self._replace({"write": ["ann"], "read": ["bob"]})
        self._replace({"write": ["eve"], "read": ["joe", "jim"]})
        self._assert_permissions({"write": {"eve"}, "read": {"joe", "jim"}})

    def test_the_permissions_of_several_objects_are_replaced_alike(self):
        self._replace({"write": ["ann"], "read": ["bob"]})
        objects = ["/url/x", "/url/a", "/url/y"]
        self.permission.replace_objects_permissions(objects, {"write": ["eve"], "read": []})
        self.permission.replace_objects_permissions(["/url/z"], {"write": ["eve"]}, are_new=True)
        self.permission.replace_objects_permissions(["/url/v"], {})
        self.permission.replace_objects_permissions([], {"write": ["eve"]})
        held = self.permission.get_objects_permissions([*objects, "/url/z", "/url/v"])
        self.assertEqual(held, [{"write": {"eve"}}] * 4 + [{}])
        accessible = self.permission.get_accessible_objects(["eve"])
        self.assertEqual(accessible, {uri: {"write"} for uri in [*objects, "/url/z"]})
        self.assertEqual(self.permission.get_accessible_objects(["ann", "bob"]), {})

    def test_replace_object_permission_only_replace_given_sets(self):
        self._replace({"write": ["ann"], "read": ["bob"]})
        self._replace({"write": ["eve"]})
        self._assert_permissions({"write": {"eve"}, "read": {"bob"}})

    def test_replace_object_permission_supports_empty_existing_entries(self):
        self._replace({"write": ["ann"], "read": {"bob"}})
        self._assert_permissions({"write": {"ann"}, "read": {"bob"}})

    def test_replace_object_permission_supports_empty_input(self):
        self._replace({"write": ["ann"]})
        self._replace({})
        self._assert_permissions({"write": {"ann"}})

    def test_replace_object_permission_supports_duplicated_entries(self):
        self._replace({"write": ["ann", "ann", "bob"]})
        self._assert_permissions({"write": {"ann", "bob"}})

    def test_replace_object_permission_supports_empty_list(self):
        self._replace({"write": ["ann"], "read": ["bob"]})
        self._replace({"write": [], "read": set()})
        self._assert_permissions({})

    def test_replace_object_permission_supports_empty_list_to_new_object(self):
        self._replace({"write": [], "read": ["bob"]})
        self._assert_permissions({"read": {"bob"}})

    def test_delete_object_permissions_remove_all_given_objects_acls(self):
        for object_id in ("/url/a", "/url/b", "/url/c"):
            self.permission.add_principal_to_ace(object_id, "write", "ann")
            self.permission.add_principal_to_ace(object_id, "read", "bob")
        self.permission.delete_object_permissions("/url/a", "/url/b", "/unknown")
        permissions = self.permission.get_objects_permissions(["/url/a", "/url/b", "/url/c"])
        self.assertEqual(permissions, [{}, {}, {"write": {"ann"}, "read": {"bob"}}])

    def test_delete_object_permissions_supports_empty_list(self):
        self._replace({"write": ["ann"]})
        self.permission.delete_object_permissions()
        self._assert_permissions({"write": {"ann"}})

    def test_delete_object_permissions_supports_pattern_matching(self):
        object_ids = ["/url/a", "/url/a/b", "/url/a/b/c", "/url/ab", "/other/url/a/b"]
        for object_id in object_ids:
            self.permission.add_principal_to_ace(object_id, "write", "ann")
        self.permission.delete_object_permissions("/url/a/*")
        left = self.permission.get_accessible_objects(["ann"])
        self.assertEqual(set(left), {"/url/a", "/url/ab", "/other/url/a/b"})

    def _replace(self, permissions: dict[str, Any]) -> None:
        self.permission.replace_object_permissions(object_id="/url/a", permissions=permissions)

    def _assert_permissions(self, expected: dict[str, set[str]]) -> None:
        self.assertEqual(self.permission.get_object_permissions("/url/a"), expected)
