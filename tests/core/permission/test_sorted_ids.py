"""Ids kept in order: what is under a prefix is what starts with it."""

from hypothesis import given
from hypothesis import strategies as st

from kinto.core.permission.sorted_ids import SortedIds

IDS = st.sets(st.text(alphabet="ab/_\U0010ffff", max_size=5), max_size=30)


def sorted_ids(texts):
    ids = SortedIds()
    for text in texts:
        ids.add(text)
    return ids


@given(IDS, st.text(alphabet="ab/_\U0010ffff", max_size=3))
def test_under_a_prefix_is_what_starts_with_it(texts, prefix):
    expected = sorted(text for text in texts if text.startswith(prefix))
    assert sorted_ids(texts).under(prefix) == expected


@given(IDS, IDS)
def test_removed_ids_are_gone_and_unknown_ones_ignored(texts, gone):
    ids = sorted_ids(texts)
    ids.remove(gone)
    assert list(ids) == sorted(texts - gone)
    assert len(ids) == len(texts - gone)


@given(st.lists(IDS, max_size=4))
def test_who_looks_between_additions_sees_all_of_them(groups):
    ids, added = SortedIds(), set()
    for group in groups:
        for text in group - added:
            ids.add(text)
        added |= group
        assert list(ids) == ids.under("") == sorted(added)
