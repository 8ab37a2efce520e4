"""Bodies of resource endpoints: attributes under `data`, principals under `permissions`."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import colander


class FreeMapping(colander.Mapping):
    """A mapping that, without nodes for its members, takes them as they are."""

    def deserialize(self, node: Any, cstruct: Any) -> Any:
        if type(cstruct) is dict and not node.children and self.unknown == "preserve":
            # Colander would copy all that is in it.
            return dict(cstruct)
        return super().deserialize(node, cstruct)


class ResourceSchema(colander.MappingSchema):
    """Attributes of an object; subclasses add nodes and may redefine `Options`."""

    class Options:
        """How the attributes are treated, where a subclass says nothing.

        readonly_fields: names that a PATCH must not change.
        preserve_unknown: keep attributes without a node (False: drop them silently).
        """

        readonly_fields: tuple[str, ...] = ()
        preserve_unknown: bool = True

    @classmethod
    def get_option(cls, attr: str) -> Any:
        """The option of this class, or the default one when its `Options` is partial."""
        return getattr(cls.Options, attr, getattr(ResourceSchema.Options, attr))

    @classmethod
    def is_readonly(cls, field: str) -> bool:
        return field in cls.get_option("readonly_fields")

    def schema_type(self) -> colander.Mapping:
        unknown = "preserve" if self.get_option("preserve_unknown") is True else "ignore"
        return FreeMapping(unknown=unknown)


class PermissionsSchema(colander.SchemaNode):
    """Mapping from permission name to a list of principals.

    With `permissions=`, other names are refused. A null value means "as it was" (and removal in
    a merge patch), so it is kept.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.known_perms: tuple[str, ...] = tuple(kwargs.pop("permissions", ()))
        super().__init__(*args, **kwargs)

    @staticmethod
    def schema_type() -> colander.Mapping:
        return colander.Mapping(unknown="preserve")

    def deserialize(self, cstruct: Any = colander.null) -> Any:
        """Return the mapping with each list of principals checked.

        Raises:
            colander.Invalid: not a mapping, an unknown permission, a principal that is no text.
        """
        mapping = super().deserialize(cstruct)
        if not isinstance(mapping, dict):
            return mapping
        checked: dict[str, list[str] | None] = {}
        for name, principals in mapping.items():
            known = not self.known_perms or name in self.known_perms
            if principals is None:
                if known:
                    checked[name] = None
            elif known:
                checked[name] = self._principals(name, principals)
            else:
                colander.OneOf(choices=self.known_perms)(self, name)
        return checked

    def _principals(self, permission: str, cstruct: Any) -> list[str]:
        node = colander.SchemaNode(
            colander.Sequence(), colander.SchemaNode(colander.String()), name=permission
        )
        try:
            return list(node.deserialize(cstruct))
        except colander.Invalid as error:
            outer = colander.Invalid(self)
            outer.add(error)
            raise outer from error


class ObjectSchema(colander.MappingSchema):
    """The envelope; `data` and `permissions` are bound by the viewset."""

    @staticmethod
    def schema_type() -> colander.Mapping:
        return colander.Mapping(unknown="raise")

    def deserialize(self, cstruct: Any = colander.null) -> Any:
        """The envelope with its members as their schemas give them.

        Raises:
            colander.Invalid: an unknown member, or one of a wrong form.
        """
        is_plain = self.validator is None and self.preparer is None
        if is_plain and type(cstruct) is dict and cstruct.keys() == {"data"}:
            # Most writes. A problem is told as always, by the general rule below.
            with suppress(colander.Invalid, KeyError):
                optional = [node for node in self.children if node.name != "data"]
                if all(node.missing is colander.drop for node in optional):
                    return {"data": self["data"].deserialize(cstruct["data"])}
        return super().deserialize(cstruct)

    @colander.deferred
    def data(node: Any, kwargs: dict[str, Any]) -> Any:
        return kwargs.get("data")

    @colander.deferred
    def permissions(node: Any, kwargs: dict[str, Any]) -> Any:
        return kwargs.get("permissions")
