"""Pages by position: their union is the list, and their tokens cannot be made or moved."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinto.core.protocol import signing
from kinto.core.protocol.continuation import (
    Continuation,
    Scope,
    decode_token,
    encode_token,
    position_of,
    rules_after,
    total_order,
)
from kinto.core.protocol.failures import Problem
from kinto.core.protocol.matching import select
from kinto.core.protocol.terms import COMPARISON, MISSING, Filter, Sort
from tests.protocol.json_values import lists_of_objects, values

KEY = b"secret"
BY_DEFAULT = [Sort("last_modified", -1)]
SCOPE = Scope(
    user="account:ann", purpose="get", path="/v1/buckets",
    filters=[Filter("a", 1, COMPARISON.EQ), Filter("b", [True, None], COMPARISON.IN)],
    sorting=[Sort("a", 1), Sort("last_modified", -1)],
)  # fmt: skip

sorts = st.lists(
    st.builds(Sort, st.sampled_from(["a", "b", "a.b", "id"]), st.sampled_from([1, -1])), max_size=3
).map(lambda found: total_order([*found, *BY_DEFAULT]))


def read_pages(objects, sorting, limit):
    """All pages of a list, the position going through a token each time."""
    scope = dataclasses.replace(SCOPE, sorting=sorting)
    pages, rules = [], None
    while True:
        page, _ = select(objects, sorting=sorting, pagination_rules=rules, limit=limit)
        if not page:
            return pages
        pages.append(page)
        token = encode_token(position_of(page[-1], sorting), key=KEY, scope=scope)
        position = decode_token(token, key=KEY, scope=scope, now=0).position
        rules = rules_after(sorting, position)


@settings(deadline=None)
@given(lists_of_objects(), sorts, st.integers(1, 5))
def test_the_union_of_the_pages_is_the_list(objects, sorting, limit):
    whole, _ = select(objects, sorting=sorting)
    pages = read_pages(objects, sorting, limit)
    assert [obj for page in pages for obj in page] == whole
    assert all(len(page) == limit for page in pages[:-1])


def test_what_is_created_or_deleted_elsewhere_does_not_shift_pages():
    objects = [{"id": f"r{n}", "last_modified": n, "a": n % 2} for n in range(6)]
    sorting = [Sort("a", 1), Sort("last_modified", -1)]
    first, _ = select(objects, sorting=sorting, limit=2)
    assert [obj["id"] for obj in first] == ["r4", "r2"]
    rules = rules_after(sorting, position_of(first[-1], sorting))
    changed = [*objects[3:], {"id": "new", "last_modified": 9, "a": 0}, objects[0]]
    following, _ = select(changed, sorting=sorting, pagination_rules=rules)
    assert [obj["id"] for obj in following] == ["r0", "r5", "r3"]


def test_integers_that_order_alike_are_not_skipped():
    objects = [{"id": str(n), "last_modified": n, "a": 2**70 + n} for n in range(4)]
    sorting = [Sort("a", 1), Sort("last_modified", 1)]
    assert [page[0]["id"] for page in read_pages(objects, sorting, 1)] == ["0", "1", "2", "3"]


def test_nothing_follows_the_end():
    assert select([{"id": "a"}], pagination_rules=rules_after([Sort("x", 1)], (MISSING,)))[0] == []
    assert select([{"id": "a"}], pagination_rules=rules_after([Sort("x", -1)], (None,)))[0] == []


@pytest.mark.parametrize(
    ("sorting", "expected"),
    [
        ([Sort("a", 1)], [Sort("a", 1), Sort("id", 1)]),
        ([Sort("last_modified", 1), Sort("a", 1)], [Sort("last_modified", 1)]),
        ([Sort("id", -1), Sort("last_modified", 1)], [Sort("id", -1)]),
        ([Sort("a", 1), Sort("last_modified", -1)], [Sort("a", 1), Sort("last_modified", -1)]),
        ([], [Sort("id", 1)]),
    ],
)
def test_an_order_is_made_total(sorting, expected):
    assert total_order(sorting) == expected


@given(
    st.tuples(values | st.just(MISSING), values | st.just(MISSING)), st.none() | st.text(max_size=5)
)
def test_a_token_gives_back_what_it_was_made_of(position, nonce):
    token = encode_token(position, key=KEY, scope=SCOPE, nonce=nonce)
    assert decode_token(token, key=KEY, scope=SCOPE, now=0) == Continuation(position, nonce)
    assert token.replace("-", "").replace("_", "").replace(".", "").isalnum()


INVALID = "querystring: _token has invalid content"
SPENT = "querystring: _token was already used or has expired."


@pytest.mark.parametrize(
    "change",
    [{"user": "account:eve"}, {"user": ""}, {"path": "/v1/buckets/x"}, {"filters": []},
     {"filters": [Filter("a", 1, COMPARISON.GT), SCOPE.filters[1]]},
     {"filters": [SCOPE.filters[0]]},
     {"filters": [Filter("a", True, COMPARISON.EQ), SCOPE.filters[1]]}, {"sorting": BY_DEFAULT},
     {"sorting": [Sort("a", -1), Sort("last_modified", -1)]}],
)  # fmt: skip
def test_a_token_is_good_for_one_user_one_path_one_query(change):
    token = encode_token((1, 2), key=KEY, scope=SCOPE)
    with pytest.raises(Problem) as refusal:
        decode_token(token, key=KEY, scope=dataclasses.replace(SCOPE, **change), now=0)
    assert str(refusal.value) == INVALID


def test_the_order_of_filters_in_the_url_does_not_matter():
    turned = dataclasses.replace(SCOPE, filters=SCOPE.filters[::-1])
    assert decode_token(encode_token((1, 2), key=KEY, scope=SCOPE), key=KEY, scope=turned, now=0)


def test_a_token_of_a_get_is_spent_for_a_delete_and_invalid_the_other_way():
    deleting = dataclasses.replace(SCOPE, purpose="delete")
    with pytest.raises(Problem, match="already used or has expired"):
        decode_token(encode_token((1, 2), key=KEY, scope=SCOPE), key=KEY, scope=deleting, now=0)
    with pytest.raises(Problem, match="invalid content"):
        decode_token(encode_token((1, 2), key=KEY, scope=deleting), key=KEY, scope=SCOPE, now=0)


def test_a_token_expires():
    token = encode_token((1, 2), key=KEY, scope=SCOPE, expires_at=100)
    assert decode_token(token, key=KEY, scope=SCOPE, now=99)
    with pytest.raises(Problem) as refusal:
        decode_token(token, key=KEY, scope=SCOPE, now=100)
    assert str(refusal.value) == SPENT


def test_a_token_of_another_key_is_invalid():
    token = encode_token((1, 2), key=b"other", scope=SCOPE)
    with pytest.raises(Problem, match="invalid content"):
        decode_token(token, key=KEY, scope=SCOPE, now=0)


@pytest.mark.parametrize(
    "payload",
    ["1", "[]", "{}", '{"purpose":"get"}', '{"purpose":"get","values":1,"nonce":null}', "x",
     '{"purpose":"get","values":[1],"nonce":null}', '{"purpose":"get","values":[[1]],"nonce":null}',
     '{"purpose":"get","values":[[1],[2]],"nonce":5}', '{"purpose":"get","values":[[1],[2]]}'],
)  # fmt: skip
def test_a_signed_text_of_another_form_is_invalid(payload):
    token = signing.sign(payload, KEY, purpose="page-token", binding=SCOPE.binding())
    with pytest.raises(Problem, match="invalid content"):
        decode_token(token, key=KEY, scope=SCOPE, now=0)


GOOD = encode_token((1, 2), key=KEY, scope=SCOPE)


@given(
    st.text(max_size=40)
    | st.text(alphabet="AZaz09-_.=", max_size=60)
    | st.builds(
        lambda n, c: GOOD[:n] + c + GOOD[n + 1 :], st.integers(0, len(GOOD) - 1), st.characters()
    )
)
def test_any_other_text_is_invalid_content_and_nothing_else(text):
    if text == GOOD:
        return
    with pytest.raises(Problem) as refusal:
        decode_token(text, key=KEY, scope=SCOPE, now=0)
    assert str(refusal.value) == INVALID


def test_a_token_too_long_is_not_even_read():
    with pytest.raises(Problem, match="invalid content"):
        decode_token("A" * 10**6, key=KEY, scope=SCOPE, now=0)
