"""The words every layer shares: filters, sorts, comparisons and the names of special fields.

Only declarations live here. What a comparison *means* is in `matching` and `values`.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, Final, NamedTuple

KintoObject = dict[str, Any]
"""One stored object (bucket, group, collection, record), as JSON values."""

DEFAULT_ID_FIELD: Final = "id"
DEFAULT_MODIFIED_FIELD: Final = "last_modified"
DEFAULT_DELETED_FIELD: Final = "deleted"


class Missing:
    """The type of `MISSING`: there is one instance, which survives copies and pickling."""

    _instance: Missing | None = None

    def __new__(cls) -> Missing:
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance

    def __repr__(self) -> str:
        return "<MISSING>"

    def __copy__(self) -> Missing:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Missing:
        return self

    def __reduce__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()
"""The value of an attribute that an object does not have. It sorts after everything else."""


class COMPARISON(Enum):
    """Filter operators, in the order of the public contract.

    Lower-cased names are the prefixes of the query string (`min_age=3`).
    """

    LT = "<"
    MIN = ">="
    MAX = "<="
    NOT = "!="
    EQ = "=="
    GT = ">"
    IN = "in"
    EXCLUDE = "exclude"
    LIKE = "like"
    HAS = "has"
    # Before CONTAINS, because a prefix search must try the longer name first.
    CONTAINS_ANY = "contains_any"
    CONTAINS = "contains"


class Filter(NamedTuple):
    """Keep the objects whose `field` (may be dotted) compares with `value` under `operator`."""

    field: str
    value: Any
    operator: COMPARISON


class Sort(NamedTuple):
    """Order by `field` (may be dotted); a negative `direction` is descending."""

    field: str
    direction: int


PaginationRules = list[list[Filter]]
"""OR between the inner lists, AND inside each of them."""
