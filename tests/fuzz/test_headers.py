"""Any header value: an answer or a 4xx, and no line of an answer that a client could forge."""

from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.texts import ODD_TEXTS
from tests.fuzz.worlds import effort, world
from tests.http.conftest import RECORDS, B, C, R

READ = (
    "Accept", "Authorization", "Content-Type", "Content-Length", "If-Match", "If-None-Match", "Response-Behavior",
    "Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers", "Host", "Cookie", "Range",
    "X-Forwarded-Proto", "X-HTTP-Method-Override", "Accept-Language", "If-Modified-Since", "Transfer-Encoding",
)  # fmt: skip
PARTS = (
    "application/json", "application/merge-patch+json", "application/json-patch+json", "; charset=utf-8", ";charset=",
    ";q=0", ", ", "*/*", "Basic ", "Bearer ", "Ym9iOnNlY3JldA==", "Basic OnNlY3JldA==", '"1"', "*", 'W/"1"', '"',
    "http://a.org", "null", "light", "diff", "GET", "localhost:80", "evil.com/", "@", "multipart/form-data",
    "application/x-www-form-urlencoded", "text/plain", "utf-16", "base64", "a=b;", "chunked", "-1", "99999999999",
)  # fmt: skip
values = st.one_of(
    st.lists(st.sampled_from(PARTS), max_size=3).map("".join),
    # A server gives an application Latin-1 texts; it never lets CR, LF or NUL through.
    st.sampled_from(ODD_TEXTS).map(
        lambda text: text.encode("utf-8", "surrogatepass").decode("latin-1")
    ),
    st.text(alphabet=st.characters(max_codepoint=0xFF), max_size=15),
).map(lambda text: text.replace("\r", "").replace("\n", "").replace("\0", ""))
requests = st.tuples(
    st.sampled_from(("GET", "HEAD", "PUT", "PATCH", "POST", "DELETE", "OPTIONS", "TRACE")),
    st.sampled_from((R, RECORDS, C, B, "/buckets", "/", "/batch", "/permissions", "/nope", "/x/")),
)


@given(
    request=requests,
    headers=st.dictionaries(st.sampled_from(READ), values, max_size=3),
    body=st.sampled_from(
        (b"", b"{}", b'{"data":{"x":1}}', b"[]", b'{"requests":[]}', b"a=b&c=%ff")
    ),
)
@effort
def test_any_header(pair, request, headers, body):
    method, url = request
    if headers.get("Content-Length", "").isdecimal():
        headers.pop("Content-Length")  # That as many bytes come is a matter of the server.
    headers = {"Authorization": "Basic YWxpY2U6c2VjcmV0", **headers}
    with world(pair, values=0) as send:
        answer = send(method, url, headers=headers, body=body)
        assert answer.status < 500
        location = answer.headers.get("location", "http://")
        assert location.startswith("http://")
