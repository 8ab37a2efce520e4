"""The decision table of preconditions (http: 6.1 to 6.4), as its full cartesian product."""

import itertools

import pytest

from tests.http.conftest import RECORDS, R

REQUESTS = (
    "GET object", "HEAD object", "PUT object", "PATCH object", "DELETE object",
    "GET list", "HEAD list", "POST list", "DELETE list",
)  # fmt: skip
TARGETS = ("live", "missing", "tombstone")
VALUES = (None, "", "*", "current", "older", "newer", "huge")
TABLE = [
    (request, target, if_match, if_none_match)
    for request, target, if_match, if_none_match in itertools.product(
        REQUESTS, TARGETS, VALUES, VALUES
    )
    # A list exists whatever is in it; only POST names an object besides.
    if "list" not in request or request == "POST list" or target == "live"
]


def expected(request, target, if_match, if_none_match):
    """Status by the decision list of 6.3, written anew from the text."""
    method, kind = request.split()
    is_list = kind == "list" and method != "POST"
    exists = is_list or target == "live"
    if not exists and method in ("GET", "HEAD", "PATCH", "DELETE"):
        return 404
    if method in ("GET", "HEAD") and if_none_match == "current":
        return 304
    if if_none_match == "*" and exists:
        return 412
    if if_match not in (None, "") and not exists:
        return 412
    if if_match in ("older", "newer", "huge"):
        return 412
    return 201 if method in ("PUT", "POST") and not exists else 200


def in_one_line(case):
    return "-".join(str(part) for part in case)


@pytest.fixture
def situation(world):
    """Records `r` (live) and `gone` (a tombstone); gives the sender."""
    world("PUT", f"{RECORDS}/gone", user="alice")
    world("DELETE", f"{RECORDS}/gone", user="alice")
    return world


@pytest.mark.parametrize("request_", REQUESTS)
def test_every_cell_of_the_table(situation, request_):
    method, kind = request_.split()
    for request, target, if_match, if_none_match in TABLE:
        if request != request_:
            continue
        name = {"live": "r", "missing": "nope", "tombstone": "gone"}[target]
        reset(situation, target, name)
        listed = situation("GET", RECORDS, user="alice").etag
        compares_list = method != "POST" and kind == "list"
        current = listed if target != "live" or compares_list else stamp(situation)
        headers = {
            header: text(value, current)
            for header, value in (("If-Match", if_match), ("If-None-Match", if_none_match))
            if value is not None
        }
        before = snapshot(situation)
        url = RECORDS if kind == "list" else f"{RECORDS}/{name}"
        body = {} if method in ("GET", "HEAD", "DELETE") else {"json": {"data": {"id": name}}}
        answer = situation(method, url, user="alice", headers=headers, **body)
        cell = in_one_line((request, target, if_match, if_none_match))
        assert answer.status == expected(request, target, if_match, if_none_match), cell
        if answer.status in (304, 412):
            assert snapshot(situation) == before, cell
            assert answer.etag == current, cell
            assert "last-modified" in answer.headers
            assert "cache-control" not in answer.headers
        if answer.status == 412 and method != "HEAD":
            shows = target == "live" and not compares_list
            assert ("details" in answer.json) is shows, cell
        if answer.status == 304:
            assert "content-type" not in answer.headers, cell


def reset(send, target, name):
    if target == "live":
        if send("GET", R, user="alice").status == 404:
            send("PUT", R, user="alice", json={"data": {"title": "first"}})
    elif send("GET", f"{RECORDS}/{name}", user="alice").status == 200:
        send("DELETE", f"{RECORDS}/{name}", user="alice")


def stamp(send):
    return send("GET", R, user="alice").etag


def text(value, current):
    numbers = {"current": current, "older": current - 1, "newer": current + 1, "huge": 10**30}
    return f'"{numbers[value]}"' if value in numbers else value


def snapshot(send):
    answer = send("GET", f"{RECORDS}?_since=0", user="alice")
    return answer.etag, answer.data


MALFORMED = ["abc", "1", 'W/"1"', '"1", "2"', '"*"', "'1'", '""', '"-1"', '"1.5"', "* x", "*,*",
             '"1', '1"', '"१"']  # fmt: skip
EVERYWHERE = [
    (method, url)
    for url, methods in [
        (R, ("GET", "HEAD", "PUT", "PATCH", "DELETE")),
        (RECORDS, ("GET", "HEAD", "POST", "DELETE")),
        ("/buckets/b", ("GET", "PUT", "PATCH", "DELETE")),
        ("/buckets", ("POST",)),
        ("/buckets/b/groups", ("GET", "POST", "DELETE")),
    ]
    for method in methods
]


@pytest.mark.parametrize("value", MALFORMED)
@pytest.mark.parametrize("header", ["If-Match", "If-None-Match"])
def test_malformed_preconditions_are_refused(world, header, value):
    encoded = value.encode().decode("latin-1")
    answer = world("GET", R, user="alice", headers={header: encoded})
    help_text = "The value should be integer between double quotes."
    assert answer.error == (400, 107, f"{header} in header: {help_text}")
    assert answer.json["details"] == [
        {"location": "header", "name": header, "description": help_text}
    ]
    assert "etag" not in answer.headers


@pytest.mark.parametrize(("method", "url"), EVERYWHERE)
def test_preconditions_are_read_by_every_method(world, method, url):
    body = {} if method in ("GET", "HEAD", "DELETE") else {"json": {"data": {}}}
    before = world("GET", R, user="alice").body
    assert world(method, url, user="alice", headers={"If-Match": "abc"}, **body).status == 400
    assert world("GET", R, user="alice").body == before


@pytest.mark.parametrize("name", ["If-Modified-Since", "If-Unmodified-Since"])
def test_dates_are_no_preconditions(world, name):
    for date in ("Mon, 01 Jan 2001 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT"):
        assert world("GET", R, user="alice", headers={name: date}).status == 200


def test_the_object_of_a_412_is_shown_as_it_is_stored(world):
    stored = world("GET", R, user="alice").data
    answer = world("PUT", R, user="alice", json={"data": {}}, headers={"If-None-Match": "*"})
    assert answer.error == (412, 114, "Resource was modified meanwhile")
    assert answer.json["details"] == {"existing": stored}
    assert answer.etag == stored["last_modified"]
