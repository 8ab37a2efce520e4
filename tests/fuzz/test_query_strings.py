"""Any query string on a write: an answer or a 400, and nothing is lost that was not asked for."""

from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.texts import query_strings
from tests.fuzz.worlds import effort, world
from tests.http.conftest import RECORDS, R


@given(data=st.data())
@effort
def test_deleting_a_list(pair, data):
    with world(pair, values=9) as send:
        for _ in range(3):
            before = set(send("GET", RECORDS, user="alice").ids)
            query = data.draw(query_strings)
            answer = send("DELETE", f"{RECORDS}?{query}", user="alice")
            assert answer.status in (200, 400)
            gone = set(answer.ids) if answer.status == 200 else set()
            assert set(send("GET", RECORDS, user="alice").ids) == before - gone


@given(query=query_strings, method=st.sampled_from(("GET", "PUT", "PATCH", "DELETE")))
@effort
def test_changing_an_object(pair, query, method):
    with world(pair, values=0) as send:
        body = {} if method in ("GET", "DELETE") else {"json": {"data": {"x": 1}}}
        assert send(method, f"{R}?{query}", user="alice", **body).status in (200, 400)
