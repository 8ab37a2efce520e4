"""Validators of services, reading requests with our codec and under our caps."""

from __future__ import annotations

from typing import Any

from cornice import validators as published

from kinto.core.http.payload import extract_cstruct


def colander_validator(
    request: Any, schema: Any = None, deserializer: Any = None, **kwargs: Any
) -> None:
    """Fill `request.validated` by location, or add what is wrong to `request.errors`.

    Args:
        schema: mapping with nodes `body`, `querystring`, `header`, ...
        deserializer: function giving the mapping to validate, by default `extract_cstruct`.
    """
    published.colander_validator(
        request, schema=schema, deserializer=deserializer or extract_cstruct, **kwargs
    )


__all__ = ["colander_validator", "extract_cstruct"]
