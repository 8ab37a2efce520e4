"""Hypothesis strategies for JSON values and objects, shared by the tests of the protocol."""

from __future__ import annotations

from hypothesis import strategies as st

texts = st.text(
    alphabet=st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=8
)
integers = st.integers(min_value=-(2**63), max_value=2**63 - 1) | st.integers(-3, 3)
floats = st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | integers | floats | texts
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from("abc") | texts, inner, max_size=3)
    ),
    max_leaves=8,
)
small_values = st.recursive(
    st.sampled_from([None, False, True, 0, 1, 1.0, 2, 1.5, "", "a", "A", "é", "1"]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2)
    ),
    max_leaves=4,
)
objects = st.dictionaries(st.sampled_from(["a", "b", "c"]), small_values, max_size=3)


@st.composite
def lists_of_objects(draw: st.DrawFn, max_size: int = 12) -> list[dict]:
    """Objects with distinct ids and timestamps, as a stored list has."""
    found = draw(st.lists(objects, max_size=max_size))
    return [{**obj, "id": f"r{n}", "last_modified": 100 + n} for n, obj in enumerate(found)]
