"""Small conversions that extensions know: base64, class names, the JSON namespace."""

from __future__ import annotations

import base64
from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from kinto.core.runtime import json as codec


class json:
    """The JSON codec as a namespace; keywords of other libraries are accepted and ignored."""

    @staticmethod
    def dumps(v: Any, **kw: Any) -> str:
        return codec.dumps(v, sort_keys=bool(kw.get("sort_keys", False)))

    @staticmethod
    def loads(v: Any, **kw: Any) -> Any:
        return codec.loads(v)

    @staticmethod
    def load(f: Any, **kw: Any) -> Any:
        return codec.load(f)


json_serializer = json.dumps


def classname(obj: Any) -> str:
    """Name of the class of an object, in lower case."""
    return type(obj).__name__.lower()


def encode64(content: str, encoding: str = "utf-8") -> str:
    """Base64 of a text."""
    return base64.b64encode(content.encode(encoding)).decode(encoding)


def decode64(encoded_content: str, encoding: str = "utf-8") -> str:
    """Text of a base64."""
    return base64.b64decode(encoded_content.encode(encoding)).decode(encoding)


def safe_wraps(wrapper: Any, *args: Any, **kwargs: Any) -> Callable[..., Any]:
    """`functools.wraps` that also takes a `functools.partial`, which has no name of its own."""
    while isinstance(wrapper, partial):
        wrapper = wrapper.func
    return wraps(wrapper, *args, **kwargs)
