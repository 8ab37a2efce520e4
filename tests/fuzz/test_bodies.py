"""Any body: stored as it was sent, or refused with a 400; nothing else changes."""

import json

from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.texts import names, texts, to_bytes, values
from tests.fuzz.worlds import effort, world
from tests.http.conftest import RECORDS, B, C, G, R

TYPES = (
    "application/json", "application/json; charset=utf-8", "application/json; charset=latin-1", "", "text/plain",
    "application/json; charset=nope", "application/json; charset=utf-16", "application/merge-patch+json",
    "application/json-patch+json", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded",
    "application/json; charset=idna", "application/json; charset=hex", "application/json; charset=\xe9",
)  # fmt: skip
TARGETS = (
    ("POST", RECORDS), ("PUT", R), ("PATCH", R), ("POST", "/buckets"), ("PUT", B), ("PATCH", B),
    ("POST", f"{B}/groups"), ("PUT", G), ("PATCH", G), ("POST", f"{B}/collections"), ("PUT", C),
    ("PATCH", C), ("POST", "/batch"), ("GET", R), ("DELETE", R),
)  # fmt: skip
permissions = st.dictionaries(
    st.one_of(st.sampled_from(["read", "write", "record:create", "collection:create", "x"]), texts),
    st.one_of(st.lists(texts, max_size=3), values),
    max_size=3,
)
envelopes = st.one_of(
    values,
    st.fixed_dictionaries(
        {}, optional={"data": st.one_of(st.dictionaries(names, values, max_size=4), values),
                      "permissions": st.one_of(permissions, values), "x": values},
    ),
)  # fmt: skip
malformed = st.one_of(
    st.binary(max_size=30),
    st.text(alphabet='{}[]:,"\\u0019aeE.-+ \n\tntfrud', max_size=25).map(str.encode),
    st.tuples(envelopes, st.integers(0, 60), st.sampled_from((b"", b"\0", b"\xff", b'"', b"}", b","))).map(
        lambda cut: to_bytes(cut[0])[: cut[1]] + cut[2]
    ),
)  # fmt: skip


@given(
    target=st.sampled_from(TARGETS),
    content_type=st.sampled_from(TYPES),
    body=st.one_of(malformed, envelopes.map(to_bytes)),
)
@effort
def test_any_bytes(pair, target, content_type, body):
    with world(pair, values=0) as send:
        headers = {"Content-Type": content_type} if content_type else {}
        answer = send(*target, user="alice", headers=headers, body=body)
        assert answer.status in (200, 201, 400, 403, 409, 415), answer
        if answer.status in (400, 415) and target != ("POST", "/batch"):
            assert send("GET", R, user="alice").data["title"] == "first"


@given(target=st.sampled_from(TARGETS[:12]), body=envelopes)
@effort
def test_any_envelope(pair, target, body):
    with world(pair, values=0) as send:
        answer = send(*target, user="alice", json=body)
        assert answer.status in (200, 201, 400, 403, 409), answer
        if answer.status == 201 and isinstance(body.get("data"), dict) and "id" in body["data"]:
            uri = f"{target[1]}/{answer.data['id']}"
            assert send("GET", uri, user="alice").data == answer.data


data = st.dictionaries(
    st.one_of(st.sampled_from(["x", "a.b", "", "é", "deleted", "__proto__"]), st.text(max_size=8)), values, max_size=5
).filter(lambda obj: not {"id", "last_modified", "schema"} & obj.keys())  # fmt: skip


@given(obj=data)
@effort
def test_what_is_accepted_comes_back_as_it_was_sent(pair, obj):
    with world(pair, values=0) as send:
        answer = send("PUT", R, user="alice", json={"data": obj})
        if answer.status == 200:
            stored = send("GET", R, user="alice").data
            assert stored.pop("id") == "r" and stored.pop("last_modified") == answer.etag
            # As text, so that 1 and 1.0, or true and 1, are not taken for each other.
            obj.pop("__permissions__", None)
            assert json.dumps(stored, sort_keys=True) == json.dumps(obj, sort_keys=True)
