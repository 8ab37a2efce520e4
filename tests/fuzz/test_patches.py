"""Any JSON patch and merge patch: applied as a whole, or refused and nothing changes."""

from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.texts import texts, values
from tests.fuzz.worlds import effort, world
from tests.http.conftest import C, G, R

POINTERS = (
    "", "/", "/data", "/data/x", "/data/x/0", "/data/x/-", "/data/x/99999999999999999999", "/data/x/-1", "/data/x/01",
    "/data/o", "/data/o/a~1b", "/data/o/~2", "/data/o/~", "/data/id", "/data/last_modified", "/data/members",
    "/data/schema", "/data/title/0", "/permissions", "/permissions/read", "/permissions/write", "/permissions/x",
    "/permissions/read/system.Everyone", "/permissions/write/system.Everyone", "/permissions/read/~1buckets~1b",
    "/permissions/record:create", "/permissions/record:create/x", "/x", "/x/y", "/data/o/\0", "data/x", "/dat\xe9",
    "/data/é", "/data/", "/data//", "/permissions/read/",
)  # fmt: skip
pointers = st.one_of(
    st.sampled_from(POINTERS), texts.map(lambda t: f"/data/{t}"), texts.map(lambda t: f"/{t}")
)
operations = st.fixed_dictionaries(
    {"op": st.sampled_from(("test", "add", "remove", "replace", "move", "copy")), "path": pointers},
    optional={"value": values, "from": pointers},
)
patches = st.one_of(
    st.lists(operations, max_size=5),
    st.lists(st.one_of(operations, values), max_size=3),
    values,
)
DATA = {"x": [1, {"a": None}, "s"], "o": {"a/b": 1, "~": 2, "": 3, "n": {"m": []}}, "title": "t"}


@given(uri=st.sampled_from((R, C, G)), patch=patches)
@effort
def test_any_json_patch(pair, uri, patch):
    with world(pair, values=0) as send:
        send("PUT", uri, user="alice", json={"data": DATA, "permissions": {"read": ["y"]}})
        before = send("GET", uri, user="alice")
        headers = {"Content-Type": "application/json-patch+json"}
        answer = send("PATCH", uri, user="alice", json=patch, headers=headers)
        after = send("GET", uri, user="alice")
        if answer.status == 200:
            assert (after.json, after.etag) == (answer.json, answer.etag)
            assert after.etag > before.etag and after.data["id"] == before.data["id"]
            assert after.json["permissions"]["write"]
        else:
            assert answer.status in (400, 409)
            assert (after.status, after.json) == (200, before.json)


@given(
    uri=st.sampled_from((R, C, G)),
    changes=st.one_of(st.dictionaries(st.sampled_from(("x", "o", "title", "n")), values), values),
    content_type=st.sampled_from(("application/json", "application/merge-patch+json")),
    behaviour=st.sampled_from(("full", "light", "diff")),
)
@effort
def test_any_merge(pair, uri, changes, content_type, behaviour):
    with world(pair, values=0) as send:
        before = send("PUT", uri, user="alice", json={"data": DATA}).data
        headers = {"Content-Type": content_type, "Response-Behavior": behaviour}
        answer = send("PATCH", uri, user="alice", json={"data": changes}, headers=headers)
        after = send("GET", uri, user="alice").data
        if answer.status == 200:
            merge = merged if "merge" in content_type else shallow
            # A reserved name, never stored.
            changes.pop("__permissions__", None)
            expected = {
                **merge(before, changes),
                "id": after["id"],
                "last_modified": after["last_modified"],
            }
            if uri == G:
                expected.setdefault("members", [])
            if uri == C:
                # Converted, or left out when it is null; tests/views have the table.
                expected.pop("cache_expires", None)
                after.pop("cache_expires", None)
            assert after == expected
        else:
            assert answer.status == 400 and after == before


def shallow(target, patch):
    return {**target, **patch}


def merged(target, patch):
    """RFC 7396, as its text has it."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result
