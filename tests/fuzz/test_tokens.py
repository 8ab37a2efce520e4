"""Any page token: the next page of the same request, or a 400; what was not seen stays unseen."""

import base64
import json
from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.texts import percent, texts, values
from tests.fuzz.worlds import effort, world
from tests.http.conftest import RECORDS
from tests.http.wire import call


def each(pair, *, values):
    """Ways to ask each application by itself: the tokens of a deletion are its own."""
    with world(pair, values=values):
        yield from (partial(call, api) for api in pair.apis.values())


def token_of(answer):
    return answer.headers["next-page"].partition("_token=")[2]


mutations = st.one_of(
    st.tuples(st.just("flip"), st.integers(0, 400), st.integers(1, 255)),
    st.tuples(st.just("cut"), st.integers(0, 400), st.just(0)),
    st.tuples(st.just("add"), texts, st.just(0)),
)


def mutated(token, mutation):
    kind, what, by = mutation
    if kind == "add":
        return token + percent(what)
    if kind == "cut":
        return token[: what % len(token)]
    place = what % len(token)
    return percent(token[:place] + chr((ord(token[place]) + by) % 256) + token[place + 1 :])


@given(mutation=mutations, method=st.sampled_from(("GET", "DELETE")))
@effort
def test_a_token_cannot_be_altered(pair, mutation, method):
    for send in each(pair, values=6):
        token = token_of(send(method, f"{RECORDS}?_limit=2", user="alice"))
        altered = mutated(token, mutation)
        if altered in (token, ""):
            return
        answer = send(method, f"{RECORDS}?_limit=2&_token={altered}", user="alice")
        assert answer.status == 400, altered


forged = st.one_of(
    values.map(lambda value: base64.b64encode(json.dumps(value).encode()).decode()),
    st.fixed_dictionaries(
        {"last_object": values, "offset": values, "nonce": st.one_of(st.just("openid:state:x"), values)}
    ).map(lambda value: base64.b64encode(json.dumps(value).encode()).decode()),
    texts,
)  # fmt: skip


@given(token=forged, method=st.sampled_from(("GET", "DELETE", "HEAD")))
@effort
def test_a_token_cannot_be_made(pair, token, method):
    with world(pair, values=3) as send:
        answer = send(method, f"{RECORDS}?_limit=2&_token={percent(token)}", user="alice")
        assert answer.status in (200, 400)
        if method == "DELETE" and answer.status == 200:
            assert token in ("", "null", '""'), "an absent token"


@given(
    change=st.sampled_from(
        ("", "&x=1", "&_sort=x", "&_sort=last_modified", "&_since=0", "&has_x=true")
    ),
    user=st.sampled_from(("alice", "bob")),
    other=st.sampled_from((RECORDS, "/buckets", "/buckets/b/groups", "/permissions")),
    method=st.sampled_from(("GET", "DELETE")),
)
@effort
def test_a_token_serves_the_request_that_it_continues(pair, change, user, other, method):
    for send in each(pair, values=6):
        token = token_of(send(method, f"{RECORDS}?_limit=2", user="alice"))
        answer = send(method, f"{other}?_limit=2{change}&_token={token}", user=user)
        same_request = (change, user, other) == ("", "alice", RECORDS)
        if same_request:
            assert answer.status == 200
        else:
            assert answer.status in (400, 403, 405), (change, user, other)
