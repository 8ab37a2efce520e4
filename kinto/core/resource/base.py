"""Resource: the class that kinds of objects derive from, with the hooks they may override.

Its endpoints are methods without argument that return the body; what they do is in `reading`,
`writing` and `removing`. How requests are read is in `intent`, answers are made in `outcome`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from pyramid.authorization import Everyone
from pyramid.decorator import reify
from pyramid.settings import asbool

from kinto.core.authorization.narrowing import narrowing_of
from kinto.core.authorization.principals import known_permissions
from kinto.core.events.kinds import ACTIONS
from kinto.core.http import conditional
from kinto.core.protocol.projection import project
from kinto.core.protocol.terms import Filter, KintoObject, Sort
from kinto.core.resource import (
    conditions,
    fetching,
    intent,
    outcome,
    paging,
    reading,
    removing,
    writing,
)
from kinto.core.resource.deprecated import DeprecatedResourceNames
from kinto.core.resource.model import Model
from kinto.core.resource.register import warn_shareable
from kinto.core.resource.schema.envelope import ResourceSchema
from kinto.core.resource.viewset import ViewSet
from kinto.core.storage.exceptions import ObjectNotFoundError

ObjectKey = tuple[str, str, str]


class Resource(DeprecatedResourceNames):
    """One kind of object with its endpoints.

    Args:
        request: of Pyramid, or built by hand with `validated` filled.
        context: a `RouteFactory`; None where a view drives the resource without permissions.
    """

    default_viewset: type[ViewSet] = ViewSet
    default_model: type[Any] = Model
    schema: type[Any] = ResourceSchema
    permissions: tuple[str, ...] = ("read", "write")
    plain_reads: bool = False  # See `resource.plain`; not inherited.
    plain_writes: bool = False  # See `resource.plain_writes`; not inherited.

    def __init__(self, request: Any, context: Any = None) -> None:
        self.request = request
        self.context = context
        parent_id = self.get_parent_id(request)
        if not hasattr(self, "model"):
            self.model = self._default_model(parent_id)
        if context is not None:
            self.model.get_permission_object_id = functools.partial(
                context.get_permission_object_id, request
            )
            # A model of its own kind reads what it wants, when it wants.
            if isinstance(self.model, Model):
                self._share_reads()

    # Hooks.

    def get_parent_id(self, request: Any) -> str:
        """URI of what holds the list (default: the empty parent, shared by all users)."""
        return ""

    @classmethod
    def ancestor_keys(cls, matchdict: dict[str, str]) -> list[ObjectKey]:
        """Objects above the list that the resource needs, read together with the object."""
        return []

    @classmethod
    def plain_acceptance(
        cls, caller: Any, above: list[KintoObject]
    ) -> Callable[[KintoObject], bool]:
        """What does to objects what `process_object` of the class adds; for `plain_writes` only.

        Args:
            caller: a request, or what stands for one (`plain_writes.Caller`).
            above: the objects of `ancestor_keys`.
        Returns:
            a function of an object as it would be stored, in any number of calls; False where
            `process_object` would refuse it, or may.
        """
        return _accept

    def is_known_field(self, field: str) -> bool:
        """Whether a field may be filtered on, sorted by or asked for."""
        if self.schema.get_option("preserve_unknown") is True:
            return True
        return field.split(".")[0] in self._get_known_fields()

    def process_object(self, new: KintoObject, old: KintoObject | None = None) -> KintoObject:
        """Last word on an object before it is stored; subclasses call this one first.

        Args:
            new: as it would be stored.
            old: as it is stored, if it is.
        Returns:
            the object to store, with the requested permissions attached.
        """
        return writing.prepare_object(self, new, old)

    def apply_changes(
        self, obj: KintoObject, requested_changes: Any
    ) -> tuple[KintoObject, KintoObject]:
        """The patched object, and which attributes the patch gave.

        Raises:
            HTTPBadRequest: a read-only field would change, or the result is invalid.
        """
        return writing.apply_changes(self, obj, requested_changes)

    def postprocess(
        self, result: Any, action: ACTIONS = ACTIONS.READ, old: Any = None
    ) -> dict[str, Any]:
        """Body of the answer; stacks the event."""
        return outcome.postprocess(self, result, action, old)

    # Endpoints.

    def plural_head(self) -> dict[str, Any]:
        return reading.plural_head(self)

    def plural_get(self) -> dict[str, Any]:
        own = type(self)
        is_usual = own.plural_get is Resource.plural_get and own.postprocess is Resource.postprocess
        return reading.plural_get(self, spliced=is_usual)

    def plural_post(self) -> dict[str, Any]:
        return writing.plural_post(self)

    def plural_delete(self) -> dict[str, Any]:
        return removing.plural_delete(self)

    def get(self) -> dict[str, Any]:
        return reading.get(self)

    def put(self) -> dict[str, Any]:
        return writing.put(self)

    def patch(self) -> dict[str, Any]:
        return writing.patch(self)

    def delete(self) -> dict[str, Any]:
        return removing.delete(self)

    # What the request is about.

    @reify
    def _is_json_patch(self) -> bool:
        return _media_type(self.request) == "application/json-patch+json"

    @reify
    def _is_merge_patch(self) -> bool:
        return _media_type(self.request) == "application/merge-patch+json"

    @reify
    def id_generator(self) -> Any:
        generators = self.request.registry.id_generators
        name = self.request.current_resource_name
        return generators[name] if name in generators else generators[""]

    @reify
    def timestamp(self) -> int:
        """Timestamp of the list, in milliseconds.

        Raises:
            HTTPServiceUnavailable: the backend would have to write it on a read-only server.
        """
        return outcome.list_timestamp(self)

    @reify
    def object_id(self) -> str | None:
        """Id in the URL, or for POST the one in the body (None: to be generated).

        Raises:
            HTTPBadRequest: the body's id is malformed.
        """
        return intent.object_id(self)

    def find_object(self, object_id: str) -> KintoObject | None:
        """The stored object with its permissions, or None."""
        key = (self.model.resource_name, self.model.parent_id, object_id)
        reads = self._reads
        if reads is not None and key in reads:
            obj = reads[key]
            return None if obj is None else self.model.annotate(obj)
        if self.context is not None and hasattr(self.model, "annotate"):
            fetched = fetching.read_one(self, key)
            return None if fetched is None else self.model.annotate(fetched)
        try:
            return self.model.get_object(object_id)  # type: ignore[no-any-return]
        except ObjectNotFoundError:
            return None

    # Internals that subclasses may call or override.

    def _get_known_fields(self) -> list[str]:
        fields = [node.name for node in self.schema().children]
        return [
            *fields,
            self.model.id_field,
            self.model.modified_field,
            self.model.deleted_field,
        ]

    def _get_object_or_404(self, object_id: str) -> KintoObject:
        context = self.context
        if context is not None and context.current_object is not None:
            # Read once, under the lock in case of a write.
            return context.current_object  # type: ignore[no-any-return]
        obj = self.find_object(object_id)
        if obj is None:
            raise self._404_for_object(object_id)
        return obj

    def _404_for_object(self, object_id: str) -> Exception:
        return conditional.object_not_found(object_id, self.request.current_resource_name)

    def _raise_400_if_invalid_id(self, object_id: Any) -> None:
        intent.check_id(self, object_id)

    def _raise_400_if_id_mismatch(self, new_id: Any, object_id: str) -> None:
        intent.check_same_id(self, new_id, object_id)

    def _raise_304_if_not_modified(self, obj: KintoObject | None = None) -> None:
        conditions.raise_if_not_modified(self, obj)

    def _raise_412_if_modified(self, obj: KintoObject | None = None) -> None:
        conditions.raise_if_modified(self, obj)

    def _add_timestamp_header(self, response: Any, timestamp: int | None = None) -> None:
        conditional.add_timestamp_header(
            response, timestamp=self.timestamp if timestamp is None else timestamp
        )

    def _add_cache_header(self, response: Any) -> None:
        outcome.add_cache_header(self, response)

    def _extract_filters(self) -> list[Filter]:
        return intent.filters(self)

    def _extract_sorting(self, limit: int | None) -> list[Sort]:
        return intent.sorting(self)

    def _extract_limit(self) -> int | None:
        return intent.limit(self)

    def _extract_partial_fields(self) -> list[str] | None:
        return intent.fields(self)

    def _extract_pagination_rules_from_token(
        self, limit: int | None, sorting: list[Sort]
    ) -> list[list[Filter]] | None:
        return paging.rules_from_token(self, sorting)

    def _build_pagination_rules(
        self, sorting: list[Sort], last_object: KintoObject, rules: Any = None
    ) -> list[list[Filter]]:
        return paging.rules_after(self, sorting, last_object)

    def _build_pagination_token(
        self, sorting: list[Sort], last_object: KintoObject, offset: int = 0
    ) -> str:
        return paging.token(self, sorting, last_object)

    def _next_page_url(
        self, sorting: list[Sort], limit: int, last_object: KintoObject, offset: int = 0
    ) -> str:
        return paging.next_page_url(self, sorting, limit, last_object)

    def _project(self, obj: KintoObject, fields: list[str] | None) -> KintoObject:
        return obj if fields is None else project(obj, fields)

    # Set-up.

    _reads: dict[ObjectKey, KintoObject | None] | None = None
    _list_timestamp: int | None = None
    _patched_permissions: dict[str, Any] | None = None

    def _default_model(self, parent_id: str) -> Any:
        request = self.request
        registry = request.registry
        narrowing = narrowing_of(request)
        # Who may see the permissions of an object is who may change it.
        may_write = narrowing is None or not narrowing.read_only
        return self.default_model(
            storage=registry.storage,
            permission=registry.permission,
            id_generator=self.id_generator,
            resource_name=type(self).__name__.lower(),
            parent_id=parent_id,
            current_principal=(request.prefixed_userid or Everyone) if may_write else None,
            prefixed_principals=request.prefixed_principals if may_write else (),
            explicit_perm=asbool(registry.settings.get("explicit_permissions", True)),
        )

    def _share_reads(self) -> None:
        """Use what this request already read; read the ancestors, and the object, in one go."""
        if getattr(self.request.registry, "permission", None) is not None:
            self.model.known_permissions = known_permissions(self.request)
        fetching.read_together(self)


class ShareableResource(Resource):
    """Deprecated: every resource can be shared."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        warn_shareable()
        super().__init__(*args, **kwargs)


def _media_type(request: Any) -> str:
    return str(request.headers.get("Content-Type", "")).partition(";")[0].strip()


def _accept(new: KintoObject) -> bool:
    return True
