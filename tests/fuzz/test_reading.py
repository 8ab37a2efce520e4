"""Any query string on a read: an answer or a 400, the same from both backends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.texts import query_strings
from tests.fuzz.worlds import VALUES, effort, world
from tests.http.conftest import RECORDS, B, R

LISTS = (RECORDS, f"{B}/collections", f"{B}/groups", "/buckets")


@pytest.fixture(scope="module")
def still(pair):
    """A world that nobody changes: reads write nothing."""
    with world(pair, values=len(VALUES)) as send:
        everything = {url: set(send("GET", url, user="alice").ids) for url in LISTS}
        yield send, everything


@given(data=st.data())
@effort
def test_any_query_string(still, data):
    send, everything = still
    for _ in range(4):
        url = data.draw(st.sampled_from((RECORDS, *LISTS, "/permissions", R)))
        query = data.draw(query_strings)
        method = data.draw(st.sampled_from(("GET", "GET", "HEAD")))
        answer = send(method, f"{url}?{query}", user="alice")
        assert answer.status in (200, 400)
        if answer.status == 200 and method == "GET" and url in everything:
            assert set(answer.ids) <= everything[url]


@given(query=query_strings)
@effort
def test_pages_of_any_query_add_up_to_the_whole(still, query):
    send, _ = still
    whole = send("GET", f"{RECORDS}?{query}", user="alice")
    if whole.status != 200 or b"_limit" in query.encode("utf-8", "replace"):
        return
    page = send("GET", f"{RECORDS}?{query}&_limit=7", user="alice")
    pages = list(page.data) if page.status == 200 else []
    while "next-page" in page.headers:
        page = send("GET", page.headers["next-page"].partition("/v1")[2], user="alice")
        assert page.status == 200, page
        pages += page.data
        assert len(pages) <= len(whole.data)
    if "_token" not in query:
        assert [obj["id"] for obj in pages] == whole.ids
