"""Conformance: single ACEs, checks, and the objects that some principals may access."""

from __future__ import annotations

from typing import Any


class CheckPermissionTest:
    """ACEs one at a time, and questions about them."""

    permission: Any

    def test_can_add_a_principal_to_an_object_permission(self):
        self.permission.add_principal_to_ace("/url/a", "write", "ann")
        principals = self.permission.get_object_permission_principals("/url/a", "write")
        self.assertEqual(principals, {"ann"})

    def test_add_twice_a_principal_to_an_object_permission_add_it_once(self):
        self.permission.add_principal_to_ace("/url/a", "write", "ann")
        self.permission.add_principal_to_ace("/url/a", "write", "ann")
        principals = self.permission.get_object_permission_principals("/url/a", "write")
        self.assertEqual(principals, {"ann"})

    def test_can_remove_a_principal_from_an_object_permission(self):
        self.permission.add_principal_to_ace("/url/a", "write", "ann")
        self.permission.add_principal_to_ace("/url/a", "write", "bob")
        self.permission.remove_principal_from_ace("/url/a", "write", "ann")
        principals = self.permission.get_object_permission_principals("/url/a", "write")
        self.assertEqual(principals, {"bob"})

    def test_principals_is_empty_if_no_permission(self):
        principals = self.permission.get_object_permission_principals("/url/a", "write")
        self.assertEqual(principals, set())

    def test_can_remove_an_unexisting_principal_to_an_object_permission(self):
        self.permission.add_principal_to_ace("/url/a", "write", "bob")
        self.permission.remove_principal_from_ace("/url/a", "write", "ann")
        self.permission.remove_principal_from_ace("/url/unknown", "write", "ann")
        principals = self.permission.get_object_permission_principals("/url/a", "write")
        self.assertEqual(principals, {"bob"})

    def test_check_permission_returns_true_for_userid(self):
        self.permission.add_principal_to_ace("/url/a", "write", "ann")
        self.assertTrue(self.permission.check_permission({"ann"}, [("/url/a", "write")]))

    def test_check_permission_returns_true_for_userid_group(self):
        self.permission.add_user_principal("ann", "group:editors")
        self.permission.add_principal_to_ace("/url/a", "write", "group:editors")
        principals = self.permission.get_user_principals("ann")
        self.assertTrue(self.permission.check_permission(principals, [("/url/a", "write")]))

    def test_check_permission_returns_true_for_object_inherited(self):
        self.permission.add_principal_to_ace("/url/a", "write", "ann")
        bound_permissions = [("/url/a", "write"), ("/url/a/b", "write"), ("/url/a/b", "read")]
        self.assertTrue(self.permission.check_permission({"ann"}, bound_permissions))

    def test_check_permissions_handles_empty_set(self):
        self.assertFalse(self.permission.check_permission({"ann"}, []))

    def test_check_permission_return_false_for_unknown_principal(self):
        self.permission.add_principal_to_ace("/url/a", "write", "ann")
        self.assertFalse(self.permission.check_permission({"bob"}, [("/url/a", "write")]))
        self.assertFalse(self.permission.check_permission(set(), [("/url/a", "write")]))

    def test_get_authorized_principals_inherit_principals(self):
        self.permission.add_principal_to_ace("/url/a", "write", "ann")
        self.permission.add_principal_to_ace("/url/a/b", "read", "bob")
        self.permission.add_principal_to_ace("/url/a/b", "other", "eve")
        bound_permissions = [("/url/a", "write"), ("/url/a/b", "write"), ("/url/a/b", "read")]
        principals = self.permission.get_authorized_principals(bound_permissions)
        self.assertEqual(principals, {"ann", "bob"})

    def test_get_authorized_principals_handles_empty_set(self):
        self.assertEqual(self.permission.get_authorized_principals([]), set())


class AccessibleObjectsTest:
    """`get_accessible_objects`, with and without patterns."""

    permission: Any

    def test_accessible_objects(self):
        self.permission.add_principal_to_ace("/articles/1", "write", "ann")
        self.permission.add_principal_to_ace("/articles/1", "read", "ann")
        self.permission.add_principal_to_ace("/articles/2", "record:create", "group:editors")
        self.permission.add_principal_to_ace("/articles/3", "read", "bob")
        accessible = self.permission.get_accessible_objects({"ann", "group:editors"})
        expected = {"/articles/1": {"read", "write"}, "/articles/2": {"record:create"}}
        self.assertEqual(accessible, expected)

    def test_accessible_objects_supports_empty_list(self):
        # With nothing granted: what to do of a grant is in the strict suite.
        self.assertEqual(self.permission.get_accessible_objects(["ann"], []), {})
        self.assertEqual(self.permission.get_accessible_objects([]), {})

    def test_accessible_objects_from_permission(self):
        self.permission.add_principal_to_ace("/articles/1", "write", "ann")
        self.permission.add_principal_to_ace("/articles/1", "read", "ann")
        self.permission.add_principal_to_ace("/articles/2", "read", "ann")
        accessible = self.permission.get_accessible_objects(["ann"], [("*", "write")])
        self.assertEqual(accessible, {"/articles/1": {"write"}})

    def test_accessible_objects_with_pattern(self):
        self.permission.add_principal_to_ace("/articles/1", "write", "ann")
        self.permission.add_principal_to_ace("/articles/1/sub/2", "write", "ann")
        self.permission.add_principal_to_ace("/pictures/1", "write", "ann")
        bound_permissions = [(r"/articles/*", "write")]
        accessible = self.permission.get_accessible_objects(["ann"], bound_permissions)
        expected = {"/articles/1": {"write"}, "/articles/1/sub/2": {"write"}}
        self.assertEqual(accessible, expected)
        accessible = self.permission.get_accessible_objects(
            ["ann"], bound_permissions, with_children=False
        )
        self.assertEqual(accessible, {"/articles/1": {"write"}})

    def test_accessible_objects_with_pattern_matches_whole_id(self):
        self.permission.add_principal_to_ace("/articles/1", "write", "ann")
        self.permission.add_principal_to_ace("/more/articles/1", "write", "ann")
        self.permission.add_principal_to_ace("/articles/1/comments", "write", "ann")
        bound_permissions = [("/articles/1", "write")]
        accessible = self.permission.get_accessible_objects(["ann"], bound_permissions)
        self.assertEqual(accessible, {"/articles/1": {"write"}})

    def test_accessible_objects_several_bound_permissions(self):
        self.permission.add_principal_to_ace("/articles/1", "write", "ann")
        self.permission.add_principal_to_ace("/articles/2", "read", "ann")
        self.permission.add_principal_to_ace("/articles/3", "other", "ann")
        self.permission.add_principal_to_ace("/pictures/4", "read", "ann")
        accessible = self.permission.get_accessible_objects(
            ["ann"], [("/articles/*", "read"), ("/articles/*", "write"), ("/pic*", "write")]
        )
        self.assertEqual(accessible, {"/articles/1": {"write"}, "/articles/2": {"read"}})

    def test_accessible_objects_without_match(self):
        self.permission.add_principal_to_ace("/articles/1", "write", "ann")
        accessible = self.permission.get_accessible_objects(["ann"], [("/pictures/*", "write")])
        self.assertEqual(accessible, {})

    def test_accessible_objects_with_user_principle(self):
        self.permission.add_user_principal("ann", "group:editors")
        self.permission.add_principal_to_ace("/articles/1", "write", "group:editors")
        principals = self.permission.get_user_principals("ann")
        self.assertEqual(self.permission.get_accessible_objects(["ann"]), {})
        accessible = self.permission.get_accessible_objects(principals)
        self.assertEqual(accessible, {"/articles/1": {"write"}})
