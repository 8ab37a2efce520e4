"""What is particular to permissions in memory: its indexes never disagree."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from kinto.core.permission.memory import Permission
from kinto.core.runtime import units

NAMES = st.sampled_from(["a", "b", "system.Authenticated"])
OBJECTS = st.sampled_from(["/a", "/a/b", "/a/b/c", "/ab", "/a_b", "*"])
PERMISSIONS = st.sampled_from(["read", "write"])
SETS = st.dictionaries(PERMISSIONS, st.sets(NAMES))


class Indexes(RuleBasedStateMachine):
    """Random changes, some of them undone; the indexes are rebuilt and compared each time."""

    def __init__(self) -> None:
        super().__init__()
        self.permission = Permission()
        self.unit: units.UnitOfWork | None = None

    @rule(user=NAMES, principal=NAMES)
    def add_principal(self, user, principal):
        self.permission.add_user_principal(user, principal)

    @rule(user=NAMES, principal=NAMES)
    def remove_principal(self, user, principal):
        self.permission.remove_user_principal(user, principal)

    @rule(principal=NAMES)
    def remove_everywhere(self, principal):
        self.permission.remove_principal(principal)

    @rule(object_id=OBJECTS, name=PERMISSIONS, principal=NAMES)
    def add_ace(self, object_id, name, principal):
        self.permission.add_principal_to_ace(object_id, name, principal)

    @rule(object_id=OBJECTS, name=PERMISSIONS, principal=NAMES)
    def remove_ace(self, object_id, name, principal):
        self.permission.remove_principal_from_ace(object_id, name, principal)

    @rule(object_id=OBJECTS, permissions=SETS)
    def replace(self, object_id, permissions):
        self.permission.replace_object_permissions(object_id, permissions)

    @rule(pattern=st.sampled_from(["/a", "/a/*", "/a*", "*"]))
    def delete(self, pattern):
        self.permission.delete_object_permissions(pattern)

    @rule()
    def flush(self):
        self.permission.flush()

    @rule()
    def begin(self):
        if self.unit is None:
            self.before = self.state()
            self.unit = units.UnitOfWork()
            units.bind(self.unit)

    @rule(keep=st.booleans())
    def end(self, keep):
        if self.unit is None:
            return
        if keep:
            self.unit.commit()
        else:
            self.unit.abort()
            assert self.state() == self.before
        self.unit = None
        units.bind(None)

    @invariant()
    def indexes_agree(self):
        state = self.permission._state
        users, granted = {}, {}
        for user, principals in state.principals.items():
            for principal in principals:
                users.setdefault(principal, set()).add(user)
        for object_id, permissions in state.aces.items():
            for name, principals in permissions.items():
                for principal in principals:
                    granted.setdefault(principal, {}).setdefault(name, []).append(object_id)
        assert state.users == users
        assert list(state.objects) == sorted(state.aces)
        assert {p: {n: list(i) for n, i in ids.items()} for p, ids in state.granted.items()} == {
            p: {n: sorted(i) for n, i in ids.items()} for p, ids in granted.items()
        }

    def state(self):
        state = self.permission._state
        return (
            {user: set(principals) for user, principals in state.principals.items()},
            {i: state.permissions_of(i) for i in state.aces},
        )

    def teardown(self):
        if self.unit is not None:
            self.unit.abort()
        units.bind(None)


TestIndexes = Indexes.TestCase
TestIndexes.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
