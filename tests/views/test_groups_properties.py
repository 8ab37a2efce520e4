"""Whatever happens to groups, alone or in batches: who is a member holds the group, nobody else."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import credentials

ALICE = credentials("alice")
USERS = ["u:1", "u:2", "u:3"]
GROUPS = [f"/buckets/{bucket}/groups/{group}" for bucket in "ab" for group in "gh"]

MEMBERS = st.lists(st.sampled_from([*USERS, "system.Everyone"]), max_size=3)
WRITES = st.builds(
    lambda method, path, members: {
        "method": method,
        "path": path,
        "body": {"data": {"members": members}},
    },
    st.sampled_from(["PUT", "PATCH"]),
    st.sampled_from(GROUPS),
    MEMBERS,
)
LIGHT = st.builds(
    lambda write: {**write, "method": "PATCH", "headers": {"Response-Behavior": "light"}}, WRITES
)
DELETIONS = st.builds(
    lambda path: {"method": "DELETE", "path": path},
    st.sampled_from([*GROUPS, "/buckets/a", "/buckets/a/groups"]),
)
RECREATIONS = st.just({"method": "PUT", "path": "/buckets/a"})
BATCHES = st.lists(st.one_of(WRITES, LIGHT, DELETIONS, RECREATIONS), min_size=1, max_size=6)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(batches=st.lists(BATCHES, min_size=1, max_size=4))
def test_members_and_nobody_else_hold_a_group(app, batches):
    app.empty()
    for bucket in "ab":
        app.put_json(f"/buckets/{bucket}", {}, headers=ALICE)
    for requests in batches:
        app.post_json("/batch", {"requests": requests}, headers=ALICE)
        expected = {user: set() for user in USERS}
        for bucket in "ab":
            for group in app.storage.list_all("group", f"/buckets/{bucket}"):
                for member in group.get("members", ()):
                    expected[member].add(f"/buckets/{bucket}/groups/{group['id']}")
        assert {user: app.permission.get_user_principals(user) for user in USERS} == expected
