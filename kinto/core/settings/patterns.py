"""Settings whose name is made from a resource, a permission, a method or a listener."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kinto.core.settings.fields import InvalidSetting

_METHODS = "get|head|post|put|patch|delete"


@dataclass(frozen=True)
class Patterned:
    """A family of names: the whole name matches `pattern`."""

    pattern: re.Pattern[str]
    example: str
    type_name: str
    help: str


PATTERNED: tuple[Patterned, ...] = (
    Patterned(
        re.compile(r"[a-z0-9-]+_(create|read|write|delete)_principals"),
        "<resource>_<permission>_principals",
        "list",
        "These principals have this permission on every object of this kind.",
    ),
    Patterned(
        re.compile(r"(.+[_.])?(bucket|collection|group|record)_cache_expires_seconds"),
        "<resource>_cache_expires_seconds",
        "int",
        "Cache time sent to anonymous readers, in seconds; 0 forbids caching records.",
    ),
    Patterned(
        re.compile(r".+\.record_cache_expires_seconds"),
        "<bucket>.<collection>.record_cache_expires_seconds",
        "int",
        "The same for the records of one bucket, or of one collection.",
    ),
    Patterned(
        re.compile(r"[a-z0-9-]+_id_generator"),
        "<resource>_id_generator",
        "text",
        "Class that makes, and checks, the ids of this resource.",
    ),
    Patterned(
        re.compile(rf"(plural|object)_[a-z0-9-]+_({_METHODS})_enabled"),
        "<plural or object>_<resource>_<method>_enabled",
        "bool",
        "False: this method answers 405 on lists (`plural`) or on objects (`object`).",
    ),
    Patterned(
        re.compile(r"event_listeners\.[^.]+\.use"),
        "event_listeners.<name>.use",
        "text",
        "Module of the listener; other names under the same prefix are the listener's own.",
    ),
    Patterned(
        re.compile(r"event_listeners\.[^.]+\.actions"),
        "event_listeners.<name>.actions",
        "list",
        "Among `create`, `update`, `delete`, `read`; default: the three that write.",
    ),
    Patterned(
        re.compile(r"event_listeners\.[^.]+\.resources"),
        "event_listeners.<name>.resources",
        "list",
        "Names of resources; default: all.",
    ),
    Patterned(
        re.compile(r"multiauth\.policy\.[^.]+\..+"),
        "multiauth.policy.<name>.<option>",
        "any",
        "`use` is the class of a policy, other options are its keyword arguments.",
    ),
)


def check_numbers(settings: Mapping[str, Any]) -> None:
    """Refuse a value that is no whole number under a name of a family of numbers.

    Raises:
        InvalidSetting: naming the setting; left to the requests, it would fail each of them.
    """
    families = [family.pattern for family in PATTERNED if family.type_name == "int"]
    for name, value in settings.items():
        if value is None or not any(pattern.fullmatch(name) for pattern in families):
            continue
        try:
            int(value)
        except (TypeError, ValueError):
            raise InvalidSetting(name, value, "a whole number") from None
