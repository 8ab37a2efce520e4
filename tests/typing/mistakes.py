"""Mistakes that the types of the public API find; each line says the code of its error."""

from __future__ import annotations

from typing import Any

from kinto.core.authorization import AuthorizationPolicy
from kinto.core.cache import CacheBase
from kinto.core.openapi import describe_error
from kinto.core.permission import PermissionBase
from kinto.core.settings import Section, field
from kinto.core.storage import Filter, Sort, StorageBase
from kinto.core.storage.exceptions import BackendError
from kinto.core.utils import COMPARISON


class Settings(Section):
    limit: int = field(10, help="At most so many.")


def mistakes(
    storage: StorageBase, cache: CacheBase, permission: PermissionBase, config: Any
) -> None:
    storage.get("note", "")  # call-arg
    storage.list_all("note", "", limit="5")  # arg-type
    storage.list_all("note", "", filters=["title"])  # list-item
    storage.fetch("note", "", "one")  # attr-defined
    cache.set("key", 1, "soon")  # arg-type
    permission.add_user_principal("bob")  # call-arg
    permission.check_permission("bob", [("/a", "read")]).lower()  # attr-defined
    print(Settings.from_mapping({}).limt)  # attr-defined
    Settings.from_mapping({}).limit.upper()  # attr-defined
    Filter("title", "a", COMPARISON.LIKES)  # attr-defined
    Sort("title")  # call-arg
    AuthorizationPolicy().permits(None, [])  # call-arg
    describe_error(config, "507", "Full.")  # arg-type
    raise BackendError("no", message=5)  # arg-type
