"""Strict conformance: units of work, savepoints, and several threads at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from kinto.core.runtime import units

TIMEOUT = 10
"""Seconds after which a thread counts as stuck."""


class UnitsOfWorkTest:
    """A unit is all or nothing, and sees its own changes."""

    permission: Any

    def test_every_change_is_undone_with_its_unit(self):
        before = self._start()
        for name, change in self._changes().items():
            with self.subTest(name):
                with self.assertRaises(ZeroDivisionError), units.unit_of_work():
                    change()
                    self.assertNotEqual(self._snapshot(), before)
                    raise ZeroDivisionError
                self.assertEqual(self._snapshot(), before)

    def test_all_changes_are_undone_together(self):
        before = self._start()
        with self.assertRaises(ZeroDivisionError), units.unit_of_work():
            for change in self._changes().values():
                change()
            raise ZeroDivisionError
        self.assertEqual(self._snapshot(), before)

    def test_every_change_is_kept_with_its_unit(self):
        self._start()
        for name, change in self._changes().items():
            with self.subTest(name):
                with units.unit_of_work():
                    change()
                    inside = self._snapshot()
                self.assertEqual(self._snapshot(), inside)
                self._start()

    def test_a_savepoint_undoes_what_came_after_it(self):
        self._start()
        for name, change in self._changes().items():
            with self.subTest(name):
                with units.unit_of_work() as unit:
                    self.permission.add_principal_to_ace("/kept", "read", "ann")
                    inside = self._snapshot()
                    savepoint = unit.savepoint()
                    change()
                    savepoint.rollback()
                    self.assertEqual(self._snapshot(), inside)
                    self.permission.add_user_principal("ann", "group:after")
                self.assertIn("group:after", self.permission.get_user_principals("ann"))
                self.assertEqual(self.permission.get_object_permissions("/kept"), {"read": {"ann"}})
                self._start()

    def test_a_savepoint_before_the_first_use_undoes_everything(self):
        before = self._start()
        with units.unit_of_work() as unit:
            savepoint = unit.savepoint()
            self.permission.flush()
            savepoint.rollback()
            self.assertEqual(self._snapshot(), before)
            self.permission.add_user_principal("ann", "group:after")
        expected = {"group:after", "group:editors"}
        self.assertEqual(self.permission.get_user_principals("ann"), expected)

    def test_a_savepoint_may_be_returned_to_twice(self):
        self._start()
        with units.unit_of_work() as unit:
            self.permission.add_principal_to_ace("/kept", "read", "ann")
            inside = self._snapshot()
            savepoint = unit.savepoint()
            for change in self._changes().values():
                change()
                savepoint.rollback()
                self.assertEqual(self._snapshot(), inside)

    def test_what_was_prefetched_follows_the_changes_of_the_unit(self):
        self._start()
        with units.unit_of_work():
            self.permission.add_user_principal("ann", "group:first")
            self.permission.prefetch(["/a", "/a/b", "/new"])
            self.permission.add_principal_to_ace("/a", "read", "eve")
            self.permission.replace_object_permissions("/new", {"read": ["eve"]})
            self.permission.delete_object_permissions("/a/*")
            permissions = self.permission.get_objects_permissions(["/a", "/a/b", "/new"])
            self.assertEqual(
                permissions,
                [{"read": {"ann", "bob", "eve"}, "write": {"ann"}}, {}, {"read": {"eve"}}],
            )
            principals = self.permission.get_authorized_principals(
                [("/a", "read"), ("/new", "read")]
            )
            self.assertEqual(principals, {"ann", "bob", "eve"})
            together = self.permission.get_principals_and_permissions("ann", ["/a/b", "/new"])
            self.assertEqual(together, ({"group:editors", "group:first"}, [{}, {"read": {"eve"}}]))

    def test_what_was_prefetched_follows_a_savepoint(self):
        self._start()
        with units.unit_of_work() as unit:
            self.permission.add_user_principal("ann", "group:first")
            self.permission.prefetch(["/a"])
            savepoint = unit.savepoint()
            self.permission.replace_object_permissions("/a", {"read": [], "write": ["eve"]})
            self.permission.get_object_permissions("/a")
            savepoint.rollback()
            permissions = self.permission.get_object_permissions("/a")
        self.assertEqual(permissions, {"read": {"ann", "bob"}, "write": {"ann"}})

    def test_other_threads_see_a_unit_only_once_it_is_committed(self):
        self._start()
        seen: list[Any] = []
        written = threading.Event()

        def observe() -> None:
            written.wait(TIMEOUT)
            seen.append(self.permission.get_user_principals("bob"))

        observer = threading.Thread(target=observe)
        observer.start()
        with units.unit_of_work():
            self.permission.add_user_principal("bob", "group:first")
            written.set()
            observer.join(0.1)  # it reads the old state, or waits for the unit
            self.permission.add_user_principal("bob", "group:second")
        observer.join(TIMEOUT)
        self.assertIn(seen, [[set()], [{"group:first", "group:second"}]])

    def _changes(self) -> dict[str, Callable[[], object]]:
        permission = self.permission
        return {
            "add_user_principal": lambda: permission.add_user_principal("ann", "group:new"),
            "remove_user_principal": lambda: permission.remove_user_principal(
                "ann", "group:editors"
            ),
            "remove_principal": lambda: (
                permission.add_user_principal("bob", "group:editors"),
                permission.remove_principal("group:editors"),
            ),
            "add_principal_to_ace": lambda: permission.add_principal_to_ace("/a", "read", "eve"),
            "remove_principal_from_ace": lambda: (
                permission.add_principal_to_ace("/a", "read", "joe"),
                permission.remove_principal_from_ace("/a", "read", "ann"),
            ),
            "replace_object_permissions": lambda: permission.replace_object_permissions(
                "/a", {"read": ["eve", "ann"], "write": [], "other": ["joe"]}
            ),
            "delete_object_permissions": lambda: permission.delete_object_permissions("/a", "/a/*"),
            "flush": lambda: (permission.add_user_principal("eve", "group:x"), permission.flush()),
        }

    def _snapshot(self) -> Any:
        users = ["ann", "bob", "eve"]
        return (
            [self.permission.get_user_principals(user) for user in users],
            self.permission.get_objects_permissions(["/a", "/a/b"]),
            self.permission.get_accessible_objects([*users, "joe"]),
            self.permission.get_accessible_objects(["ann"], [("/a*", "read")]),
        )

    def _start(self) -> Any:
        """A few principals and ACEs, in place of whatever was there; returns their snapshot."""
        self.permission.flush()
        self.permission.add_user_principal("ann", "group:editors")
        self.permission.replace_object_permissions("/a", {"read": ["ann", "bob"], "write": ["ann"]})
        self.permission.replace_object_permissions("/a/b", {"read": ["ann"]})
        return self._snapshot()


class ThreadsTest:
    """Several threads lose nothing and mix nothing."""

    permission: Any

    def test_threads_that_add_principals_lose_none(self):
        def work(n: int) -> None:
            for i in range(10):
                self.permission.add_user_principal("ann", f"group:{n}:{i}")
                self.permission.add_principal_to_ace("/shared", "read", f"user:{n}:{i}")

        self._in_threads(4, work)
        groups = {f"group:{n}:{i}" for n in range(4) for i in range(10)}
        users = {f"user:{n}:{i}" for n in range(4) for i in range(10)}
        self.assertLessEqual(groups, self.permission.get_user_principals("ann"))
        self.assertEqual(self.permission.get_object_permissions("/shared"), {"read": users})

    def test_of_threads_that_replace_permissions_one_wins_whole(self):
        # The reference kept principals of both writers (its issue 1210).
        wanted = [{"read": {f"r{n}"}, "write": {f"w{n}a", f"w{n}b"}} for n in range(4)]

        def work(n: int) -> None:
            for _ in range(10):
                self.permission.replace_object_permissions("/shared", wanted[n])

        self._in_threads(4, work)
        self.assertIn(self.permission.get_object_permissions("/shared"), wanted)

    def test_units_of_several_threads_do_not_mix(self):
        def work(n: int) -> None:
            for i in range(10):
                try:
                    with units.unit_of_work():
                        self.permission.add_principal_to_ace(f"/unit/{n}", "read", f"{i}")
                        self.permission.add_principal_to_ace("/both", "read", f"{n}:{i}")
                        if i % 2:
                            raise LookupError
                except LookupError:
                    pass

        self._in_threads(4, work)
        expected = {f"{n}:{i}" for n in range(4) for i in range(0, 10, 2)}
        self.assertEqual(self.permission.get_object_permissions("/both"), {"read": expected})
        permissions = self.permission.get_objects_permissions([f"/unit/{n}" for n in range(4)])
        self.assertEqual(permissions, [{"read": {"0", "2", "4", "6", "8"}}] * 4)

    def test_readers_see_whole_replacements_only(self):
        states = [{"read": {"ann", "bob"}, "write": {"eve"}}, {"read": {"joe"}, "write": {"jim"}}]
        seen: list[Any] = []
        done = threading.Event()

        def work(n: int) -> None:
            if n == 0:
                for i in range(40):
                    self.permission.replace_object_permissions("/shared", states[i % 2])
                done.set()
            while not done.is_set():
                seen.append(self.permission.get_object_permissions("/shared"))

        self.permission.replace_object_permissions("/shared", states[1])
        self._in_threads(3, work)
        self.assertEqual([state for state in seen if state not in states], [])

    def _in_threads(self, number: int, work: Callable[[int], None]) -> None:
        """Run `work(n)` in `number` threads; what one raises fails the test."""
        errors: list[BaseException] = []

        def run(n: int) -> None:
            try:
                work(n)
            except BaseException as error:
                errors.append(error)

        threads = [threading.Thread(target=run, args=(n,)) for n in range(number)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(6 * TIMEOUT)
        self.assertEqual(errors, [])
        self.assertFalse(any(thread.is_alive() for thread in threads))
