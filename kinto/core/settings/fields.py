"""Typed settings: a section is a frozen class; each field has a type, a default and a help line.

The ini template, the settings page of the documentation and the start-up checks are all made
from these declarations. Nothing here reads a file or the environment: see `loading`.
"""

from __future__ import annotations

import dataclasses
import math
import types
from collections.abc import Iterator, Mapping
from typing import (
    Any,
    ClassVar,
    Self,
    Union,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
)

TRUE_WORDS = frozenset({"t", "true", "y", "yes", "on", "1"})
_UNSET: Any = object()


class InvalidSetting(ValueError):
    """A setting has a value that cannot be read as its type, or lies outside its bounds."""

    def __init__(self, name: str, value: object, expected: str) -> None:
        super().__init__(name, value, expected)
        self.name = name
        self.value = value
        self.expected = expected

    def __str__(self) -> str:
        return f"Setting '{self.name}' is {self.value!r}; expected {self.expected}."


def field(
    default: Any,
    *,
    help: str,
    ge: float | None = None,
    le: float | None = None,
    name: str | None = None,
    raw: Any = _UNSET,
    sample: str | None = None,
) -> Any:
    """Declare one setting of a section.

    `ge` and `le` bound numbers (inclusive). `name` is the full setting name when it is not made of
    prefix and attribute. `raw` is the default as plugins find it in the settings mapping, when that
    differs from the typed one. `sample` is shown, commented, in the generated ini.
    """
    details = {"help": help, "ge": ge, "le": le, "name": name, "sample": sample}
    details["raw"] = default if raw is _UNSET else raw
    return dataclasses.field(default=default, metadata=details)


@dataclasses.dataclass(frozen=True)
class Declaration:
    """What is known about one setting; `kind` is its Python type without `None`."""

    name: str
    attribute: str
    kind: Any
    optional: bool
    default: Any
    raw: Any
    help: str
    ge: float | None
    le: float | None
    sample: str | None

    @property
    def type_name(self) -> str:
        """The type in the words of the documentation."""
        base = "list" if get_origin(self.kind) is tuple else getattr(self.kind, "__name__", "any")
        words = {"str": "text", "float": "number", "Any": "any"}
        return words.get(base, base)

    def read(self, settings: Mapping[str, Any]) -> Any:
        """Return the typed value found in `settings`. Raises `InvalidSetting`."""
        value = settings.get(self.name, self.default)
        if value is self.default:
            return value
        if value is None or (value == "" and self.kind in (int, float)):
            return None if self.optional else self.default
        return _coerce(self, value)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
class Section:
    """Base of the settings sections; subclasses only declare fields.

    `class PageSettings(Section, prefix="paginate"): by: int | None = field(None, help="...")`
    declares the setting `paginate_by`; with the prefix `paginate.` it would be `paginate.by`.
    """

    prefix: ClassVar[str] = ""
    title: ClassVar[str] = ""

    def __init_subclass__(cls, *, prefix: str = "", title: str = "", **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.prefix = prefix
        cls.title = title
        dataclasses.dataclass(frozen=True, kw_only=True)(cls)

    @classmethod
    def declarations(cls) -> Iterator[Declaration]:
        """Yield what is declared, in the order of the class body."""
        hints = get_type_hints(cls)
        for declared in dataclasses.fields(cls):  # type: ignore[arg-type]
            meta = declared.metadata
            kind, optional = _without_none(hints[declared.name])
            name = meta["name"] or cls._name_of(declared.name)
            yield Declaration(
                name=name,
                attribute=declared.name,
                kind=kind,
                optional=optional,
                default=declared.default,
                raw=meta["raw"],
                help=meta["help"],
                ge=meta["ge"],
                le=meta["le"],
                sample=meta["sample"],
            )

    @classmethod
    def _name_of(cls, attribute: str) -> str:
        joined_by = "" if cls.prefix.endswith(".") or not cls.prefix else "_"
        return f"{cls.prefix}{joined_by}{attribute}"

    @classmethod
    def from_mapping(cls, settings: Mapping[str, Any]) -> Self:
        """Build the section from merged settings; absent names take their default.

        Raises `InvalidSetting` for the first value that does not fit.
        """
        return cls(**{item.attribute: item.read(settings) for item in cls.declarations()})

    @classmethod
    def defaults(cls) -> dict[str, Any]:
        """The defaults as a plain mapping of setting names, the form plugins copy and change."""
        return {item.name: item.raw for item in cls.declarations()}


def asbool(value: object) -> bool:
    """Read a flag: `t true y yes on 1` in any case are true, every other word is false."""
    if value is None or isinstance(value, bool):
        return bool(value)
    return str(value).strip().lower() in TRUE_WORDS


def aslist(value: object) -> list[str]:
    """Read a list: text is split at white space, and so is each text of a JSON list."""
    if value is None:
        return []
    if isinstance(value, str):
        return value.split()
    if isinstance(value, (list, tuple, set, frozenset)):
        return [word for item in value for word in str(item).split()]
    return [str(value)]


def _without_none(hint: Any) -> tuple[Any, bool]:
    if get_origin(hint) in (Union, types.UnionType):
        others = [arg for arg in get_args(hint) if arg is not type(None)]
        return others[0], len(others) < len(get_args(hint))
    return hint, False


def _coerce(item: Declaration, value: Any) -> Any:
    if item.kind is bool:
        return asbool(value)
    if item.kind is int or item.kind is float:
        return _number(item, value)
    if item.kind is str:
        return value if isinstance(value, str) else str(value)
    if get_origin(item.kind) is tuple:
        return tuple(aslist(value))
    return value


def _number(item: Declaration, value: Any) -> int | float:
    expected = "a whole number" if item.kind is int else "a number"
    if item.ge is not None and item.le is not None:
        expected += f" between {item.ge:g} and {item.le:g}"
    elif item.ge is not None:
        expected += f" not below {item.ge:g}"
    try:
        number = float(value) if item.kind is float else _whole(value)
    except (TypeError, ValueError, OverflowError):
        raise InvalidSetting(item.name, value, expected) from None
    too_low = item.ge is not None and not number >= item.ge
    too_high = item.le is not None and not number <= item.le
    if isinstance(value, bool) or math.isnan(number) or too_low or too_high:
        raise InvalidSetting(item.name, value, expected)
    return number


def _whole(value: Any) -> int:
    number = int(value)
    if isinstance(value, float) and number != value:
        raise ValueError(value)
    return number
