"""The body of a batch: what is well-formed is taken over, the rest is refused by the schema."""

import copy

import colander
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinto.core.protocol import envelopes
from kinto.core.views.batch import BatchPayloadSchema


@pytest.mark.parametrize("value", ["x\ny", "x\r\nSet-Cookie: a=b", "\x01", "\x7f"])
@pytest.mark.parametrize("name", ["Host", "If-Match", "X-Anything"])
def test_a_header_of_a_batch_cannot_hold_a_control_character(app, user_headers, name, value):
    requests = [{"path": "/buckets/b/", "headers": {name: value}}]
    refused = app.post_json("/batch", {"requests": requests}, headers=user_headers("a"), status=400)
    (problem,) = refused.json["details"]
    assert (problem["location"], problem["name"]) == ("body", "requests.0.headers")
    assert problem["description"].endswith("contains a control character")


def test_a_header_of_a_batch_may_hold_a_tab(app, user_headers):
    requests = [{"path": "/", "headers": {"X-Anything": "a\tb"}}]
    answer = app.post_json("/batch", {"requests": requests}, headers=user_headers("a"))
    assert answer.json["responses"][0]["status"] == 200


MEMBERS = {
    "path": ["/", "/buckets/b", "", "buckets", 1, None, {"a": "b"}, "/\N{SNOWMAN}"],
    "method": ["GET", "PUT", "get", "OPTIONS", "", None, 1, ["GET"], {"a": 1}],
    "headers": [{}, {"If-Match": '"1"'}, {"if-match": "*"}, {"a": 1}, {"a": "\n"}, {"a\r": ""}, [], None, "", {"": ""}],
    "body": [{}, {"data": {"a": [{}]}}, {"data": {"a": {"b": 1}}}, [], None, "", "text", 3, True],
    "unknown": [1, {"a": {"b": 1}}],
}  # fmt: skip
members = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from(values) for name, values in MEMBERS.items()}
)
sound = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from(MEMBERS[name][:2]) for name in list(MEMBERS)[:4]}
)
payloads = st.one_of(
    st.fixed_dictionaries(
        {"requests": st.lists(sound, max_size=3)}, optional={"defaults": sound}
    ),
    st.fixed_dictionaries(
        {},
        optional={
            "requests": st.one_of(st.lists(st.one_of(members, st.none()), max_size=3), members),
            "defaults": st.one_of(members, st.none(), st.just([])),
            "more": st.none(),
        },
    ),
    st.sampled_from([None, [], "text", 1]),
)  # fmt: skip


@given(payload=payloads)
@settings(max_examples=1000)
def test_what_is_taken_without_the_schema_is_what_the_schema_takes(payload):
    taken = envelopes.well_formed(copy.deepcopy(payload))
    try:
        judged = BatchPayloadSchema().deserialize(payload)
    except colander.Invalid:
        assert taken is None
        return
    assert taken is None or taken == judged["requests"]


@pytest.mark.parametrize(
    "payload",
    [
        {"requests": []},
        {"requests": [{"path": "/"}]},
        {"defaults": {}, "requests": [{"path": "/a", "headers": {}, "body": {}}]},
        {"defaults": {"method": "PUT", "body": {"data": {}}}, "requests": [{"path": "/a"}]},
    ],
)
def test_usual_bodies_are_taken_without_the_schema(payload):
    assert envelopes.well_formed(payload) is not None
