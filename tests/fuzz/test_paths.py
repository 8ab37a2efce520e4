"""Any path: an answer, a redirection to a whole line, or a 4xx; never another object."""

from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.texts import ODD_TEXTS, percent
from tests.fuzz.worlds import effort, world
from tests.http.conftest import RECORDS, B, C, R

SEGMENTS = (
    "buckets", "b", "kept", "collections", "groups", "c", "g", "records", "r", "batch", "permissions", "v1", "v2",
    "__user_data__", "__heartbeat__", "__api__", "%2e%2e", "..", ".", "", "%2F", "%00", "%0a", "r%0a", "%0d%0aX-Evil:%201",
    "%ff", "%c3%28", "%ed%a0%80", "%C0%AF", "%zz", "%", "%25", "%252F", "r%20", "%20r", "*", "b*", "b_", "R", "r;x=1",
    "%E2%80%A8", "%85", "\u00e9", "r%23", "{id}", "default", "mydefaults", "%62",
)  # fmt: skip
segments = st.one_of(st.sampled_from(SEGMENTS), st.sampled_from(ODD_TEXTS).map(percent))
paths = st.one_of(
    st.lists(segments, max_size=8).map(lambda parts: "/" + "/".join(parts)),
    st.tuples(st.sampled_from((B, C, RECORDS, R, "/buckets")), segments).map("/".join),
    st.tuples(st.sampled_from((B, C, RECORDS, R, "/buckets")), segments).map("".join),
)


@given(
    path=paths,
    prefix=st.sampled_from(("/v1", "/v1", "/v1", "", "/v1/", "/v2", "//v1", "/V1")),
    method=st.sampled_from(("GET", "HEAD", "PUT", "PATCH", "POST", "DELETE", "OPTIONS")),
    user=st.sampled_from(("alice", "bob", None)),
)
@effort
def test_any_path(pair, path, prefix, method, user):
    with world(pair, values=0) as send:
        body = {} if method in ("GET", "HEAD", "DELETE", "OPTIONS") else {"json": {"data": {}}}
        answer = send(method, path, prefix=prefix, user=user, **body)
        if answer.status == 307:
            assert answer.headers["location"].isascii()
            assert answer.headers["location"].startswith("http://localhost/")
        if answer.status == 201:
            made = answer.data["id"]
            assert made.isascii() and made.replace("-", "").replace("_", "").isalnum()
        if user != "alice":
            assert send("GET", R, user="alice").status == 200


SUFFIXES = ("%0a", "%0d", "%00", "%20", "%0a%0a", "%e2%80%a8", "%c2%85", "%1f", "\u00e9", ".", "~")


@given(suffix=st.sampled_from(SUFFIXES), before=st.booleans(), uri=st.sampled_from((B, C, R)))
@effort
def test_nothing_but_the_exact_identifier_leads_to_an_object(pair, suffix, before, uri):
    parent, _, name = uri.rpartition("/")
    odd = f"{parent}/{suffix}{name}" if before else f"{uri}{suffix}"
    with world(pair, values=0) as send:
        for method in ("GET", "PUT", "PATCH", "DELETE"):
            body = {"json": {"data": {}}} if method.startswith("P") else {}
            answer = send(method, odd, user="alice", **body)
            assert answer.status in (400, 403, 404), (method, answer)
        assert send("GET", uri, user="alice").status == 200
