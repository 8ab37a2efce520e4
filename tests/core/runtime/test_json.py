"""The codec that the rest of the application names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinto.core.protocol import jsontext
from kinto.core.runtime import json

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc"), inner),
    max_leaves=10,
)


def test_the_checked_codec_is_the_one_of_the_protocol():
    for name in ("JSONError", "dumps", "load", "loads"):
        assert getattr(json, name) is getattr(jsontext, name)


@given(VALUES)
def test_what_is_written_fast_is_read_back_exactly(value):
    assert repr(json.loads_trusted(json.dumps_bytes(value))) == repr(value)
    assert repr(json.loads_trusted(json.dumps(value))) == repr(value)


@given(VALUES)
def test_what_is_written_fast_in_ascii_is_read_back_exactly(value):
    text = json.dumps_ascii(value)
    assert text.isascii()
    assert repr(json.loads_trusted(text)) == repr(value)


@pytest.mark.parametrize("value", [float("nan"), [float("inf")]])
def test_what_has_no_number_in_json_is_refused_in_ascii(value):
    with pytest.raises(ValueError, match="not JSON compliant"):
        json.dumps_ascii({"a": value})


@pytest.mark.parametrize("value", [b"bytes", object(), {"a": {1, 2}}])
def test_what_is_no_json_is_refused(value):
    for dumps in (json.dumps_bytes, json.dumps_ascii):
        with pytest.raises(TypeError):
            dumps(value)


def test_a_damaged_text_is_told_as_our_own_error():
    with pytest.raises(ValueError, match="offset|Expecting"):
        json.loads_trusted("{")


def test_a_fragment_is_taken_over_as_it_is():
    value = {"body": json.Fragment(b'{"a":1}'), "status": 200}
    assert json.dumps_bytes(value) == b'{"body":{"a":1},"status":200}'


def test_a_fragment_beside_what_needs_the_exact_codec_keeps_its_value():
    value = [json.Fragment(b'{"a":123456789012345678901}'), 2**70]
    assert json.loads(json.dumps_bytes(value)) == [{"a": 123456789012345678901}, 2**70]
