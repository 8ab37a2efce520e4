"""Strict conformance: ids, patterns and principals mean exactly what they say.

The reference emptied the ACEs of bucket `axb` when `a_b` was deleted, and listed to the owner of
`myxbucket` what is in `my_bucket`, because user text became a LIKE pattern.
"""

from __future__ import annotations

import itertools
import random
import re
from typing import Any

NEIGHBOURS = ("a_b", "axb", "ab", "a%b", "A_B", "a-b", "a.b", "a_bc", "a__b", "a[b", "a?b", "á_b")
"""Names that a careless pattern takes for one another."""

SEED = 20
MANY = 20_000


class ExactIdsTest:
    """No character of an id but `*` means anything but itself."""

    permission: Any

    def test_deleting_below_one_id_leaves_its_neighbours_alone(self):
        for name in NEIGHBOURS:
            with self.subTest(name):
                self._give_neighbours()
                self.permission.delete_object_permissions(f"/buckets/{name}/*")
                self.assertEqual(self._ids(), _ids_of(NEIGHBOURS) - {f"/buckets/{name}/c/1"})

    def test_deleting_one_id_leaves_its_neighbours_and_children_alone(self):
        for name in NEIGHBOURS:
            with self.subTest(name):
                self._give_neighbours()
                self.permission.delete_object_permissions(f"/buckets/{name}")
                self.assertEqual(self._ids(), _ids_of(NEIGHBOURS) - {f"/buckets/{name}"})

    def test_deleting_a_prefix_takes_all_that_starts_with_it(self):
        self._give_neighbours()
        self.permission.delete_object_permissions("/buckets/a_b*", "/buckets/a%b/*")
        gone = {i for i in _ids_of(NEIGHBOURS) if i.startswith("/buckets/a_b")}
        self.assertEqual(self._ids(), _ids_of(NEIGHBOURS) - gone - {"/buckets/a%b/c/1"})

    def test_wildcards_may_stand_anywhere_and_match_nothing_too(self):
        ids = ["/a/1/z", "/a/2/z", "/a//z", "/a/1/y", "/b/1/z", "/a/z", "x/a/1/z"]
        self._grant(ids)
        self.permission.delete_object_permissions("/a/*/z")
        self.assertEqual(self._ids(), {"/a/1/y", "/b/1/z", "/a/z", "x/a/1/z"})
        self.permission.delete_object_permissions("*z")
        self.assertEqual(self._ids(), {"/a/1/y"})
        self.permission.delete_object_permissions("*")
        self.assertEqual(self._ids(), set())

    def test_backslashes_are_literal_in_deletions(self):
        self._grant(["/a\\b/1", "/ab/1", "/a\\\\b/1", "/a\\"])
        self.permission.delete_object_permissions("/a\\b/*")
        self.assertEqual(self._ids(), {"/ab/1", "/a\\\\b/1", "/a\\"})
        self.permission.delete_object_permissions("/a\\*")
        self.assertEqual(self._ids(), {"/ab/1"})

    def test_accessible_objects_of_a_pattern_exclude_those_of_its_neighbours(self):
        self._give_neighbours()
        for name in NEIGHBOURS:
            with self.subTest(name):
                pattern = re.escape(f"/buckets/{name}/c/").replace(r"\*", "*") + "*"
                found = self.permission.get_accessible_objects(["ann"], [(pattern, "read")])
                self.assertEqual(found, {f"/buckets/{name}/c/1": {"read"}})

    def test_accessible_objects_take_escaped_and_plain_patterns(self):
        ids = ["/a.b/1", "/a-b/1", "/a*b/1", "/a\\b/1", "/axb/1", "/a.b/1/2", "/a(b/1"]
        self._grant(ids)
        for pattern, expected in {
            r"/a\.b/*": {"/a.b/1", "/a.b/1/2"},
            "/a.b/*": {"/a.b/1", "/a.b/1/2"},
            r"\/a\-b\/*": {"/a-b/1"},
            r"/a\*b/1": {"/a*b/1"},
            "/a*b/1": {"/a.b/1", "/a-b/1", "/a*b/1", "/a\\b/1", "/axb/1", "/a(b/1"},
            r"/a\\b/1": {"/a\\b/1"},
            "/a(b/1": {"/a(b/1"},
            "/A.B/1": set(),
        }.items():
            with self.subTest(pattern):
                found = self.permission.get_accessible_objects(["ann"], [(pattern, "read")])
                self.assertEqual(set(found), expected)

    def test_without_children_a_wildcard_stops_at_the_slash(self):
        ids = ["/b", "/b/x", "/b/x/c", "/b/x/c/y", "/b/x/c/y/z", "/b/x/d/y", "b/x"]
        self._grant(ids)
        for pattern, expected in {
            "/b/*": {"/b/x"},
            "/b/*/c/*": {"/b/x/c/y"},
            "/b/x/*": {"/b/x/c"},
            "/b*": {"/b"},
            "*": set(),
            "*/x": {"b/x"},
            "/b/x/c/y": {"/b/x/c/y"},
            r"\/b\/*\/*": {"/b/x/c"},
        }.items():
            with self.subTest(pattern):
                found = self.permission.get_accessible_objects(
                    ["ann"], [(pattern, "read")], with_children=False
                )
                self.assertEqual(set(found), expected)

    def test_a_pattern_never_covers_a_line_break_after_the_id(self):
        self._grant(["/b/x\n", "/b/x", "/b/\nx", "\n/b/x"])
        found = self.permission.get_accessible_objects(["ann"], [("/b/x", "read")])
        self.assertEqual(set(found), {"/b/x"})
        self.permission.delete_object_permissions("/b/x")
        self.assertEqual(self._ids(), {"/b/x\n", "/b/\nx", "\n/b/x"})

    def test_patterns_agree_with_a_plain_model(self):
        chance = random.Random(SEED)
        ids = {"".join(chance.choices("ab_%/\\.*", k=chance.randint(0, 5))) for _ in range(300)}
        self._grant(ids)
        for _ in range(150):
            pattern = "".join(chance.choices("ab_%/\\.**", k=chance.randint(0, 5)))
            escaped = re.escape(pattern).replace(r"\*", "*")
            for with_children in (True, False):
                found = self.permission.get_accessible_objects(
                    ["ann"], [(escaped, "read")], with_children=with_children
                )
                expected = {i for i in ids if _matches(pattern, i, with_children)}
                self.assertEqual(set(found), expected, (pattern, with_children))
        for _ in range(15):
            pattern = "".join(chance.choices("ab_%/\\.**", k=chance.randint(1, 4)))
            self.permission.delete_object_permissions(pattern)
            ids -= {i for i in ids if _matches(pattern, i, True)}
            self.assertEqual(self._ids(), ids, pattern)

    def _give_neighbours(self) -> None:
        self._grant(_ids_of(NEIGHBOURS))

    def _grant(self, object_ids: Any) -> None:
        for object_id in object_ids:
            self.permission.add_principal_to_ace(object_id, "read", "ann")

    def _ids(self) -> set[str]:
        return set(self.permission.get_accessible_objects(["ann"]))


class ExactPrincipalsTest:
    """No principal, permission or user is taken for another one."""

    permission: Any

    def test_users_and_principals_are_exact(self):
        names = [*NEIGHBOURS, "ann", "ANN", "ann ", "", "Rémy", "re\u0301my", "a'b\"c", "a,b", "*"]
        for name in names:
            self.permission.add_user_principal(name, f"group:{name}")
        for name in names:
            self.assertEqual(self.permission.get_user_principals(name), {f"group:{name}"})

    def test_removing_a_principal_takes_no_other_one(self):
        groups = [f"/buckets/{name}/groups/g" for name in NEIGHBOURS] + ["g", "/buckets/a_b"]
        for group in groups:
            self.permission.add_user_principal("ann", group)
        for n, group in enumerate(groups):
            self.permission.remove_principal(group)
            self.assertEqual(self.permission.get_user_principals("ann"), set(groups[n + 1 :]))

    def test_removing_a_principal_leaves_users_of_that_name_alone(self):
        self.permission.add_user_principal("group:editors", "other")
        self.permission.remove_principal("group:editors")
        self.assertEqual(self.permission.get_user_principals("group:editors"), {"other"})

    def test_a_principal_of_one_user_is_not_that_of_another(self):
        self.permission.add_user_principal("ann", "group:editors")
        self.permission.add_user_principal("bob", "group:editors")
        self.permission.remove_user_principal("ann", "group:editors")
        self.assertEqual(self.permission.get_user_principals("bob"), {"group:editors"})

    def test_principals_of_authenticated_users_can_be_taken_back(self):
        self.permission.add_user_principal("system.Authenticated", "group:members")
        self.permission.add_user_principal("ann", "group:members")
        self.permission.remove_user_principal("system.Authenticated", "group:members")
        self.assertEqual(self.permission.get_user_principals("ann"), {"group:members"})
        self.assertEqual(self.permission.get_user_principals("bob"), set())

    def test_permissions_are_exact(self):
        permissions = ["read", "READ", "rea_", "record:create", "record.create", "*", "%", ""]
        for n, permission in enumerate(permissions):
            self.permission.add_principal_to_ace("/a", permission, str(n))
        for n, permission in enumerate(permissions):
            held = self.permission.get_object_permission_principals("/a", permission)
            self.assertEqual(held, {str(n)})
            found = self.permission.get_accessible_objects([str(n)], [("*", permission)])
            self.assertEqual(found, {"/a": {permission}})

    def test_an_id_with_a_wildcard_is_itself_except_in_deletions(self):
        for object_id in ("/a/*", "/a/b"):
            self.permission.add_principal_to_ace(object_id, "read", object_id)
        self.assertEqual(self.permission.get_authorized_principals([("/a/*", "read")]), {"/a/*"})
        self.assertEqual(self.permission.get_object_permissions("/a/*"), {"read": {"/a/*"}})
        self.permission.replace_object_permissions("/a/*", {"read": []})
        self.assertEqual(self.permission.get_object_permissions("/a/b"), {"read": {"/a/b"}})

    def test_one_object_is_not_two(self):
        self.permission.add_principal_to_ace("/a", "read", "ann")
        permissions = self.permission.get_objects_permissions(["/a", "/b", "/a"])
        self.assertEqual(permissions, [{"read": {"ann"}}, {}, {"read": {"ann"}}])

    def test_sets_belong_to_the_caller(self):
        self.permission.add_user_principal("ann", "group:editors")
        self.permission.add_principal_to_ace("/a", "read", "ann")
        self.permission.get_user_principals("ann").clear()
        self.permission.get_object_permission_principals("/a", "read").clear()
        self.permission.get_object_permissions("/a")["read"].clear()
        self.permission.get_accessible_objects(["ann"])["/a"].clear()
        self.permission.get_authorized_principals([("/a", "read")]).clear()
        self.assertEqual(self.permission.get_user_principals("ann"), {"group:editors"})
        self.assertEqual(self.permission.get_object_permissions("/a"), {"read": {"ann"}})
        self.assertEqual(self.permission.get_accessible_objects(["ann"]), {"/a": {"read"}})

    def test_collections_of_any_kind_are_taken(self):
        self.permission.replace_object_permissions("/a", {"read": (n for n in ("ann", "bob"))})
        bound = (pair for pair in [("/a", "read")])
        self.assertEqual(self.permission.get_authorized_principals(bound), {"ann", "bob"})
        self.assertTrue(self.permission.check_permission(("ann",), [("/a", "read")]))
        found = self.permission.get_accessible_objects(
            frozenset({"ann"}), (pair for pair in [("*", "read")])
        )
        self.assertEqual(found, {"/a": {"read"}})

    def test_reading_many_objects_at_once_has_no_limit(self):
        self.permission.add_principal_to_ace(f"/n/{MANY - 1}", "read", "ann")
        object_ids = [f"/n/{n}" for n in range(MANY)]
        permissions = self.permission.get_objects_permissions(object_ids)
        self.assertEqual(permissions, [{}] * (MANY - 1) + [{"read": {"ann"}}])
        bound = list(itertools.product(object_ids, ["read"]))
        self.assertEqual(self.permission.get_authorized_principals(bound), {"ann"})
        self.permission.delete_object_permissions(*object_ids)
        self.assertEqual(self.permission.get_object_permissions(object_ids[-1]), {})

    def test_no_pattern_at_all_gives_nothing(self):
        self.permission.add_principal_to_ace("/articles/1", "write", "ann")
        self.assertEqual(self.permission.get_accessible_objects(["ann"], []), {})
        self.assertEqual(self.permission.get_accessible_objects([]), {})

    def test_one_round_trip_gives_what_two_give(self):
        self.permission.add_user_principal("ann", "group:editors")
        self.permission.add_user_principal("system.Authenticated", "group:members")
        self.permission.replace_object_permissions("/a", {"read": ["ann"], "write": ["bob"]})
        principals, permissions = self.permission.get_principals_and_permissions(
            "ann", ["/b", "/a"]
        )
        self.assertEqual(principals, {"group:editors", "group:members"})
        self.assertEqual(permissions, [{}, {"read": {"ann"}, "write": {"bob"}}])
        nobody = self.permission.get_principals_and_permissions(None, [])
        self.assertEqual(nobody, (set(), []))


def _ids_of(names: tuple[str, ...]) -> set[str]:
    return {f"/buckets/{name}" for name in names} | {f"/buckets/{name}/c/1" for name in names}


def _matches(pattern: str, object_id: str, with_children: bool) -> bool:
    """The rule as a model: only for short patterns, as it takes exponential time."""
    wildcard = ".*" if with_children else "[^/]*"
    expression = wildcard.join(re.escape(literal) for literal in pattern.split("*"))
    return re.fullmatch(expression, object_id, re.DOTALL) is not None
