"""The codec that the rest of the application names."""

from __future__ import annotations

from kinto.core.protocol import jsontext
from kinto.core.runtime import json


def test_the_codec_is_the_one_of_the_protocol():
    assert all(getattr(json, name) is getattr(jsontext, name) for name in json.__all__)
    assert set(json.__all__) == set(jsontext.__all__)
