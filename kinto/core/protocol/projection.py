"""Which fields of an object the caller asked to see (`_fields`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from kinto.core.protocol.failures import Problem
from kinto.core.protocol.filtering import check_field_name
from kinto.core.protocol.limits import LIMITS, Limits
from kinto.core.protocol.mappings import dict_subset
from kinto.core.protocol.terms import DEFAULT_ID_FIELD, DEFAULT_MODIFIED_FIELD


def extract_fields(
    spec: Iterable[str],
    *,
    known_field: Callable[[str], bool],
    limits: Limits = LIMITS,
) -> list[str] | None:
    """Return the fields that the items of `_fields` name; None when there is no projection.

    Raises:
        Problem: a closed resource has not all of them, or there are too many.
    """
    fields = [name for name in dict.fromkeys(spec) if name]
    unknown = [name for name in fields if not known_field(name)]
    if unknown:
        text = f"Fields {','.join(unknown)} do not exist"
        raise Problem("body", "Invalid _fields parameter", text)
    if len(fields) > limits.fields:
        text = f"Number of fields is limited to {limits.fields}"
        raise Problem("querystring", "_fields", text)
    for name in fields:
        check_field_name("_fields", name, limits=limits)
    return fields or None


def project(
    obj: Mapping[str, Any],
    fields: Iterable[str] | None,
    *,
    always: Sequence[str] = (DEFAULT_ID_FIELD, DEFAULT_MODIFIED_FIELD),
) -> dict[str, Any]:
    """Return the fields of an object that were asked for, and those always given if it has them.

    A tombstone's `deleted` is a field like any other.
    """
    return dict(obj) if fields is None else dict_subset(obj, [*always, *fields])
