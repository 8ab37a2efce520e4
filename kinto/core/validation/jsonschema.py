"""JSON schemas of collections and buckets: is the document sound, does the content comply?

Nothing is ever fetched: a reference leads inside the document or to a published meta-schema.
Whatever the schema, the work is bounded and the answer is one of the three errors below.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping
from functools import lru_cache
from typing import Any

from jsonschema.exceptions import SchemaError, ValidationError
from referencing.exceptions import Unresolvable

from kinto.core.runtime import json
from kinto.core.validation import budget, dialects
from kinto.core.validation.quick import quick_test

__all__ = [
    "RefResolutionError",
    "SchemaError",
    "ValidationError",
    "check_schema",
    "quick_look",
    "validate",
    "validate_schema",
]

RefResolutionError = Unresolvable

MAX_CACHED_TEXT = 64 * 1024
"""Schemas with a longer text are compiled at each use, so that the cache stays small."""
MAX_DESCRIPTION = 4096
"""Characters of a violation shown to the client."""

_TOO_MUCH = "The schema takes too much work to check this."


def check_schema(data: Any) -> None:
    """Check a schema document against the meta-schema of draft 7, whatever its `$schema`.

    Raises:
        ValidationError: its message is the offending keyword followed by the explanation.
    """
    try:
        with budget.limited_work():
            for error in dialects.schema_validator().iter_errors(data):
                keywords = [element for element in error.path if isinstance(element, str)]
                keyword = keywords[-1] if keywords else ""
                raise ValidationError(_shortened(keyword + error.message))
    except (budget.TooMuchWork, RecursionError):
        raise ValidationError("The schema takes too much work to check.") from None


def validate(data: Any, schema: Mapping[str, Any]) -> None:
    """Check that `data` complies with `schema`.

    Compiled validators are kept, a bounded number of them.

    Raises:
        ValidationError: the first violation, in the order of the schema's keywords; also when
            the schema is unusable or takes too much work.
        RefResolutionError: a reference leads nowhere.
    """
    try:
        with budget.limited_work():
            for error in _validator(schema).iter_errors(data):
                error.message = _shortened(error.message)
                raise error
    except (ValidationError, Unresolvable):
        raise
    except (budget.TooMuchWork, RecursionError):
        raise _unusable(_TOO_MUCH) from None
    except Exception as failure:
        # Draft 7 is all that was checked: keywords of other drafts may hold anything at all,
        # and the library trips over them in many ways.
        raise _unusable(f"The schema cannot be applied: {type(failure).__name__}") from failure


def quick_look(
    schema: Mapping[str, Any], id_field: str, ignore_fields: Collection[str] = ()
) -> Callable[[Mapping[str, Any]], bool]:
    """What tells whether `validate_schema` accepts some data, as far as a quick look does.

    False means nothing. The work is bounded by the size of the data.
    """
    judge = _judge(schema, id_field, ignore_fields)
    test = judge.test
    return _cannot_tell if test is None else lambda data: test(judge.cut(data))


def validate_schema(
    data: Mapping[str, Any],
    schema: Mapping[str, Any],
    id_field: str,
    ignore_fields: Collection[str] | None = None,
) -> None:
    """Check the data of an object, leaving out the fields that are the server's.

    Args:
        data: the object.
        schema: a JSON schema.
        id_field: left out unless the schema lists it in `properties`.
        ignore_fields: left out of the data and of `required`.

    Raises:
        ValidationError: with an attribute `field`: the last element of the path to the
            offending value, else the last required name, else the failing keyword.
        RefResolutionError: a reference leads nowhere.
    """
    judge = _judge(schema, id_field, ignore_fields or ())
    try:
        validate(judge.cut(data), judge.schema)
    except ValidationError as error:
        error.field = _field(error)
        raise


def _cannot_tell(data: Any) -> bool:
    return False


def _field(error: ValidationError) -> Any:
    if error.path:
        return error.path[-1]
    if error.validator == "required" and isinstance(error.validator_value, list):
        return error.validator_value[-1]
    return error.schema_path[-1] if error.schema_path else "schema"


def _members(value: Any) -> Any:
    return value if isinstance(value, Mapping) else ()


def _unusable(message: str) -> ValidationError:
    return ValidationError(message, schema_path=("schema",))


def _shortened(text: str) -> str:
    return text if len(text) <= MAX_DESCRIPTION else f"{text[:MAX_DESCRIPTION]}…"


def _validator(schema: Mapping[str, Any]) -> Any:
    return _cached(_compiled, schema)


def _judge(schema: Mapping[str, Any], id_field: str, ignore_fields: Collection[str]) -> _Judge:
    return _cached(_judge_of, schema, id_field, frozenset(ignore_fields))  # type: ignore[no-any-return]


def _cached(make: Any, schema: Mapping[str, Any], *others: Hashable) -> Any:
    """What a function makes of a schema, whose text is enough to know it again."""
    # The order of keywords is kept: it decides which violation is reported.
    text = json.dumps_bytes(schema)
    return (make if len(text) <= MAX_CACHED_TEXT else make.__wrapped__)(text, *others)


@lru_cache(maxsize=128)
def _compiled(text: bytes) -> Any:
    return dialects.content_validator(json.loads_trusted(text))


class _Judge:
    """A schema without the fields that are the server's.

    Attributes:
        schema: without what it requires of them.
        test: quick test of the data without them, if the schema has one.
    """

    def __init__(self, schema: Any, left_out: frozenset[str]) -> None:
        required = schema.get("required")
        if isinstance(required, list):
            kept = [name for name in required if not (isinstance(name, str) and name in left_out)]
            schema = {**schema, "required": kept}
            if not kept:
                del schema["required"]
        self.schema: Mapping[str, Any] = schema
        self.test = quick_test(schema)
        self._left_out = left_out

    def cut(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """The data without these fields."""
        left_out = self._left_out
        return {name: value for name, value in data.items() if name not in left_out}


@lru_cache(maxsize=128)
def _judge_of(text: bytes, id_field: str, ignore_fields: frozenset[str]) -> _Judge:
    schema = json.loads_trusted(text)
    is_listed = id_field in _members(schema.get("properties"))
    return _Judge(schema, ignore_fields if is_listed else ignore_fields | {id_field})
