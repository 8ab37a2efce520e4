"""A list that was never written has a timestamp already: a first write cannot turn it back."""

from __future__ import annotations

import pytest

PAST = 1_000_000_000_000


@pytest.mark.parametrize("plural", ["/buckets", "/buckets/blog/groups"])
def test_a_first_object_of_the_past_leaves_the_list_where_it_was(app, user_headers, plural):
    ann = user_headers("ann")
    if plural != "/buckets":
        app.put("/buckets/blog", headers=ann)
    before = app.get(plural, headers=ann).headers["ETag"]
    created = app.post_json(plural, {"data": {"last_modified": PAST}}, headers=ann)
    assert created.json["data"]["last_modified"] == PAST
    assert app.get(plural, headers=ann).headers["ETag"] == before
