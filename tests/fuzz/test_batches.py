"""Any batch: refused as a whole, or one entry for each request, each with its envelope."""

from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.texts import texts, values
from tests.fuzz.worlds import effort, world
from tests.http.conftest import RECORDS, B, C, G, R
from tests.http.wire import BATCHED_ERRNOS, check_envelope

PATHS = (
    R, RECORDS, C, B, G, "/buckets", "/", "/v1", "/v1/", "/v2/", "/v1foo", "v1/", "", "/nope", f"{R}/", "/batch", "/%62atch",
    "//", "/buckets/\u00e9", "/buckets/%ff", "/buckets/%0d%0aX:1", f"{RECORDS}?_limit=1", f"{RECORDS}?_since=abc",
    f"{RECORDS}?%ff", f"{RECORDS}?\u00e9=\u00e9", f"{R}#x", f"{RECORDS}?x=\r\n", "/\ud800", "http://evil.com/", "//evil.com/",
    "/__heartbeat__", "/__api__", "/permissions", "/__user_data__/x", f"{B}/collections/n%C3%A9", "/buckets/b\x00",
)  # fmt: skip
METHODS = ("GET", "HEAD", "DELETE", "TRACE", "POST", "PUT", "PATCH", "get", "OPTIONS", "", "FOO")
HEADERS = st.dictionaries(
    st.sampled_from(("If-Match", "If-None-Match", "Content-Type", "Accept", "Authorization", "Origin", "X-\u00e9",
                     "Content-Length", "Host", "", "a b", "X-A\r\nX-B", "Transfer-Encoding", "Cookie")),
    st.one_of(st.sampled_from(("*", '"1"', "text/html", "a\r\nX-Evil: 1", "\u00e9", "\ud800", "", "Basic Ym9iOg==")), values),
    max_size=3,
)  # fmt: skip
bodies = st.one_of(
    st.fixed_dictionaries(
        {"data": st.dictionaries(st.sampled_from(("x", "id", "last_modified", "members")), values)}
    ),
    values,
)
requests = st.one_of(
    st.fixed_dictionaries(
        {"path": st.one_of(st.sampled_from(PATHS), texts.map(lambda text: f"{RECORDS}/{text}"))},
        optional={"method": st.sampled_from(METHODS), "headers": HEADERS, "body": bodies},
    ),
    values,
)
sound = st.fixed_dictionaries(
    {"path": st.sampled_from(PATHS[:16]), "method": st.sampled_from(METHODS[:7])},
    optional={"headers": st.just({"If-None-Match": "*"}), "body": bodies.filter(lambda b: isinstance(b, dict))},
)  # fmt: skip
batches = st.one_of(
    st.fixed_dictionaries({"requests": st.lists(sound, max_size=5)}),
    st.fixed_dictionaries(
        {"requests": st.lists(requests, max_size=4)}, optional={"defaults": requests}
    ),
    st.fixed_dictionaries({}, optional={"requests": values, "defaults": values, "x": values}),
    values,
)


@given(batch=batches)
@effort
def test_any_batch(pair, batch):
    with world(pair, values=1) as send:
        before = send("GET", f"{RECORDS}?_since=0", user="alice")
        answer = send("POST", "/batch", user="alice", json=batch)
        assert answer.status in (200, 400), answer
        if answer.status == 400:
            after = send("GET", f"{RECORDS}?_since=0", user="alice")
            assert (after.body, after.etag) == (before.body, before.etag)
            return
        assert len(answer.json["responses"]) == len(batch["requests"])
        for entry in answer.json["responses"]:
            assert entry.keys() == {"status", "path", "headers", "body"}
            assert entry["status"] < 500
            assert not any(
                set("\r\n") & set(f"{name}{value}") for name, value in entry["headers"].items()
            )
            if entry["status"] >= 400 and entry["body"] != "":
                check_envelope(entry["status"], entry["body"], errnos=BATCHED_ERRNOS)


@given(steps=st.lists(sound, min_size=1, max_size=6))
@effort
def test_a_batch_is_worth_its_requests_one_by_one(pair, steps):
    """Same statuses, and the same world afterwards."""
    with world(pair, values=1) as send:
        answer = send("POST", "/batch", user="alice", json={"requests": steps})
        if answer.status != 200:
            return
        together = [entry["status"] for entry in answer.json["responses"]], ids(send)
    with world(pair, values=1) as send:
        alone = []
        for step in steps:
            body = {"json": step["body"]} if step.get("body") else {}
            again = send(
                step["method"],
                step["path"].removeprefix("/v1"),
                user="alice",
                headers=step.get("headers"),
                **body,
            )
            if again.status == 307:
                path = again.headers["location"].partition("/v1")[2]
                again = send(
                    step["method"], path, user="alice", headers=step.get("headers"), **body
                )
            alone.append(again.status)
        if not any("/v2" in step["path"] or step["path"] == "" for step in steps):
            assert together == (alone, ids(send))


def ids(send):
    urls = ("/buckets", f"{B}/collections", f"{B}/groups", RECORDS)
    answers = [send("GET", url, user="alice") for url in urls]
    return [
        (answer.status, known_ids(answer) if answer.status == 200 else None) for answer in answers
    ]


def known_ids(answer):
    """Ids, those that the server made replaced by their length."""
    return sorted(str(len(name)) if len(name) > 7 else name for name in answer.ids)
