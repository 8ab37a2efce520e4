"""Signed texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinto.core.protocol.signing import ExpiredSignature, InvalidSignature, derive_key, sign, verify


@given(st.text(), st.lists(st.text(), max_size=3))
def test_a_payload_comes_back(payload, binding):
    text = sign(payload, "key", purpose="test", binding=binding)
    assert verify(text, "key", purpose="test", binding=binding, now=0) == payload


@pytest.mark.parametrize(
    "changed",
    [
        {"purpose": "other"},
        {"binding": ("a", "bc")},
        {"binding": ("ab",)},
        {"binding": ()},
        {"secret": "other"},
    ],
)
def test_a_text_for_another_use_is_refused(changed):
    use = {"secret": "key", "purpose": "test", "binding": ("ab", "c")}
    text = sign("payload", use.pop("secret"), **use)
    use = {"secret": "key", **use, **changed}
    with pytest.raises(InvalidSignature):
        verify(text, use.pop("secret"), now=0, **use)


def test_a_text_expires():
    text = sign("payload", "key", purpose="test", expires_at=10)
    assert verify(text, "key", purpose="test", now=9) == "payload"
    with pytest.raises(ExpiredSignature):
        verify(text, "key", purpose="test", now=10)


@given(st.text() | st.text(alphabet="Aa0-_.", max_size=80))
def test_any_other_text_is_refused_with_the_declared_error(text):
    with pytest.raises(InvalidSignature):
        verify(text, "key", purpose="test", now=0)


def test_a_text_has_one_form_only():
    text = sign("payload", "key", purpose="test")
    for variant in (text + "=", text + "A", text.replace(".", "=."), text + ".", " " + text):
        with pytest.raises(InvalidSignature):
            verify(variant, "key", purpose="test", now=0)


def test_purposes_have_independent_keys():
    assert derive_key("key", purpose="a") != derive_key("key", purpose="b")
    assert derive_key("key", purpose="a") == derive_key(b"key", purpose="a")
