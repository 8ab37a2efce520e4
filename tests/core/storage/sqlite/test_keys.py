"""Bytes order, and texts identify, as the protocol says."""

from hypothesis import given
from hypothesis import strategies as st

from kinto.core.protocol.values import equal, order_key
from kinto.core.storage.sqlite.keys import identity_text, order_bytes

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.text(max_size=3),
    st.integers(-(2**65), 2**65),
    st.sampled_from([0.0, -0.0, 1.0, 2.0**53, 2**53 + 1, 2**63 - 1, -(2**63), 2.0**63, 10**400]),
    st.floats(allow_nan=False, allow_infinity=False),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=2), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(VALUES, VALUES)
def test_bytes_order_as_the_values_do(left, right):
    by_key = (order_key(left) > order_key(right)) - (order_key(left) < order_key(right))
    by_bytes = (order_bytes(left) > order_bytes(right)) - (order_bytes(left) < order_bytes(right))
    assert by_bytes == by_key


@given(VALUES, VALUES)
def test_texts_are_the_same_for_equal_values_only(left, right):
    assert (identity_text(left) == identity_text(right)) == equal(left, right)


def test_an_integer_is_the_same_as_a_float_without_fraction():
    assert identity_text({"a": [1, 2.0]}) == identity_text({"a": [1.0, 2]})
    assert identity_text(True) != identity_text(1)
