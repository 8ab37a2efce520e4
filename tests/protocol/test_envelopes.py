"""The requests of a batch."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinto.core.protocol.envelopes import add_prefix, expand, is_nested, merge_defaults, split_path
from kinto.core.protocol.failures import Problem
from kinto.core.protocol.limits import Limits


@pytest.mark.parametrize(
    ("request_", "defaults", "expected"),
    [
        ({}, {"method": "POST", "path": "/a"}, {"method": "POST", "path": "/a"}),
        ({"path": "/b"}, {"path": "/a"}, {"path": "/b"}), ({"path": "/b"}, None, {"path": "/b"}),
        ({"body": {"data": {"a": 1}}}, {"body": {"data": {"a": 2, "b": 3}, "permissions": {}}},
         {"body": {"data": {"a": 1, "b": 3}, "permissions": {}}}),
        ({"headers": {"authorization": "x"}}, {"headers": {"Authorization": "y",
        "If-Match": '"1"'}},
         {"headers": {"authorization": "x", "If-Match": '"1"'}}),
        ({"body": 1}, {"body": {"a": 1}}, {"body": 1}),
        ({"headers": 1}, {"headers": {"a": "b"}}, {"headers": 1}),
        ({"headers": {"a": "b"}}, {"headers": 1}, {"headers": {"a": "b"}}),
    ],
)  # fmt: skip
def test_defaults_complete_and_never_overwrite(request_, defaults, expected):
    assert merge_defaults(request_, defaults) == expected


@pytest.mark.parametrize(
    "path",
    ["/batch", "/v1/batch", "/buckets/batch", "/buckets?x=/batch", "/%62atch", "/v1/%2562atch",
     "/v1/%2Fbatch",
     "/%62%61%74%63%68", "%2fbatch", "/%25252562atch", "/%" + "25" * 20 + "62atch", "//batch",
     "/batch/"],
)  # fmt: skip
def test_a_batch_in_a_batch_is_seen_through_its_encoding(path):
    assert is_nested(path)
    with pytest.raises(
        Problem, match=r"^requests in body: Recursive call on /batch endpoint is forbidden\.$"
    ):
        expand([{"path": "/"}, {"path": path}])


@pytest.mark.parametrize(
    "path", ["/", "/buckets/a", "/buckets?x=batch", "/buckets/a%20b", "/x?like=100%25", "/Batch"]
)
def test_other_paths_are_not_nested(path):
    assert not is_nested(path)


def test_a_path_in_the_defaults_is_looked_at_too():
    with pytest.raises(Problem):
        expand([{}], {"path": "/batch"})


def test_a_path_that_never_stops_decoding_takes_no_time():
    started = time.thread_time()
    assert is_nested("/%" + "25" * 8000 + "62atch")
    assert time.thread_time() - started < 1


@pytest.mark.parametrize(("maximum", "count"), [(25, 26), (1, 2), (None, 5), (0, 5), (10**9, 5)])
def test_the_number_of_requests_is_limited(maximum, count):
    limits = Limits(batch_requests=4 if count == 5 else 100)
    with pytest.raises(Problem) as refusal:
        expand([{"path": "/"}] * count, maximum=maximum, limits=limits)
    assert str(refusal.value) == f"Number of requests is limited to {count - 1}"
    assert len(expand([{"path": "/"}] * (count - 1), maximum=maximum, limits=limits)) == count - 1


def test_a_path_is_limited_in_length():
    with pytest.raises(Problem, match=r"requests\.1\.path"):
        expand([{"path": "/"}, {"path": "/" + "a" * 20_000}])


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/a/b", ("/a/b", "")), ("/a?x=1&y=%20", ("/a", "x=1&y=%20")), ("/é b", ("/%C3%A9%20b",
        "")),
        ("/a?é=ü", ("/a", "%C3%A9=%C3%BC")), ("/a%2Fb", ("/a%2Fb", "")),
        ("/a\r\nb", ("/a%0D%0Ab", "")),
        ("/a?x=1?y", ("/a", "x=1?y")), ("/a#f", ("/a", "")), ('/a?_since="5"', ("/a",
        "_since=%225%22")),
    ],
)  # fmt: skip
def test_paths_become_ascii(path, expected):
    assert split_path(path) == expected


@given(st.text())
def test_any_text_is_split_into_what_a_request_line_may_hold(text):
    for part in split_path(text):
        assert part.isascii()
        assert part.isprintable()
        assert " " not in part


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/buckets", "/v1/buckets"),
        ("/v1/buckets", "/v1/buckets"),
        ("/v2/", "/v1/v2/"),
        ("/v1foo", "/v1foo"),
        ("/", "/v1/"),
    ],
)
def test_the_prefix_is_added_unless_the_text_is_there(path, expected):
    assert add_prefix(path, prefix="/v1") == expected
