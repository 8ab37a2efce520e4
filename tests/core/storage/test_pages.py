"""Pages made of stored texts: what their pieces are when put together."""

import json

import pytest

from kinto.core.storage.pages import ROWS_AT_ONCE, page_of, page_of_texts

ROWS = [(f"r{number}", number, json.dumps({"n": number})) for number in range(3 * ROWS_AT_ONCE)]
OBJECTS = [{"id": key, "last_modified": time, **json.loads(text)} for key, time, text in ROWS]


def in_parts(count):
    rows = ROWS[:count]
    return [rows[start : start + ROWS_AT_ONCE] for start in range(0, count, ROWS_AT_ONCE)]


def of_rows(count, limit):
    return page_of(in_parts(count), timestamp=1, limit=limit)


def of_texts(count, limit):
    texts = [json.dumps(obj).encode() for obj in OBJECTS[:count]]
    return page_of_texts(texts, timestamp=1, limit=limit)


@pytest.mark.parametrize("make", [of_rows, of_texts])
@pytest.mark.parametrize("limit", [None, 1, ROWS_AT_ONCE, 2 * ROWS_AT_ONCE, 3 * ROWS_AT_ONCE])
@pytest.mark.parametrize("count", [0, 1, ROWS_AT_ONCE, ROWS_AT_ONCE + 1, 3 * ROWS_AT_ONCE])
def test_the_pieces_are_the_objects_separated_by_commas(make, count, limit):
    count = count if limit is None else min(count, limit + 1)
    page = make(count, limit)
    shown = OBJECTS[:count][:limit]
    assert json.loads(b"[" + b"".join(page.pieces) + b"]") == shown
    assert json.loads(page.last or b"null") == (shown[-1] if shown else None)
    assert page.more == (count > len(shown))
    assert len(page.pieces) == -(-len(shown) // ROWS_AT_ONCE)
