"""Whatever the tree and whatever is deleted: exactly what is below goes (P7)."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import credentials

NAMES = st.sampled_from(["a", "A", "ab", "a_b", "axb", "a-b", "b", "1"])
PATHS = st.tuples(NAMES, st.sampled_from(["collections", "groups"]), NAMES, NAMES)
ALICE = credentials("alice")


def uris_of(path):
    bucket, kind, child, record = path
    uris = [f"/buckets/{bucket}", f"/buckets/{bucket}/{kind}/{child}"]
    return uris + ([f"{uris[1]}/records/{record}"] if kind == "collections" else [])


def held(app):
    """URIs of all objects with a permission: each object has one, its creator's."""
    (user,) = {
        name for name in app.get("/", headers=ALICE).json["user"]["principals"] if ":" in name
    }
    return set(app.permission.get_accessible_objects([user]))


def stored(app):
    found = set()
    for bucket in app.storage.list_all("bucket", ""):
        uri = f"/buckets/{bucket['id']}"
        found.add(uri)
    for kind, plural in (("collection", "collections"), ("group", "groups"), ("record", "records")):
        for parent_id in app.storage.all_resources_timestamps(kind):
            found |= {
                f"{parent_id}/{plural}/{obj['id']}" for obj in app.storage.list_all(kind, parent_id)
            }
    return found


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(paths=st.lists(PATHS, min_size=1, max_size=8), data=st.data())
def test_exactly_what_is_below_goes(app, paths, data):
    app.empty()
    expected = set()
    for uri in [uri for path in paths for uri in uris_of(path)]:
        app.put_json(uri, {}, headers=ALICE)
        expected.add(uri)
    assert stored(app) == expected
    while expected and data.draw(st.booleans(), label="delete another"):
        victim = data.draw(st.sampled_from(sorted(expected)), label="victim")
        app.delete(victim, headers=ALICE)
        expected = {uri for uri in expected if uri != victim and not uri.startswith(f"{victim}/")}
        assert stored(app) == expected
        assert held(app) == expected
