"""Writing one object after another to a list, for whoever has no requests, such as a batch.

What the writes have in common is found out once: the objects above the list, their permissions,
whether the caller may create, what the schemas say. The rest is `plain_writes`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from pyramid.interfaces import IAuthorizationPolicy

from kinto.core.authorization.context import RouteFactory
from kinto.core.authorization.decision import bound_permissions, is_permitted
from kinto.core.authorization.narrowing import narrowing_of
from kinto.core.authorization.principals import known_permissions
from kinto.core.events.dispatch import join_event, may_join_event
from kinto.core.events.hearing import is_told
from kinto.core.events.kinds import ACTIONS
from kinto.core.protocol.terms import DEFAULT_ID_FIELD, KintoObject
from kinto.core.resource.plain_writes import (
    NO_TARGET,
    Asked,
    Attempt,
    PlainWrites,
    Written,
    is_usual,
)
from kinto.core.resource.together import create_together
from kinto.core.storage.generators import never_repeats
from kinto.core.storage.pages import JSONObject


class Deputy:
    """Stands for the requests of one caller, who is known already.

    Args:
        request: of the caller, authenticated; what it shares with its sub-requests is shared.
    """

    current_service = None

    def __init__(self, request: Any) -> None:
        self.registry = request.registry
        self.bound_data = request.bound_data
        self.prefixed_userid = request.prefixed_userid
        self.prefixed_principals = request.prefixed_principals
        self.is_narrowed = narrowing_of(request) is not None


class OpenList:
    """A list as one caller may write to it. Make it with `of`.

    It holds as long as no group changes, nor anything above the list, and the permissions that
    the caller announced stay (`expect_permissions`). What is written here changes none of these.
    """

    def __init__(self, rules: PlainWrites, caller: Deputy, list_uri: str, above: list[Any]) -> None:
        self.rules = rules
        self._caller = caller
        self._list_uri = list_uri
        self._policy = caller.registry.queryUtility(IAuthorizationPolicy)
        self._principals = frozenset(caller.prefixed_principals)
        self._known = known_permissions(caller)
        self._model = rules.model_of(caller, list_uri)
        self._accepts = rules.resource_cls.plain_acceptance(caller, above)
        self._may_create = False
        self._notify = partial(join_event, caller, rules.resource_name)
        self._told = {
            action: is_told(caller.registry, rules.resource_name, action) for action in ACTIONS
        }

    @classmethod
    def of(
        cls, rules: PlainWrites, caller: Deputy, list_uri: str, matchdict: Mapping[str, str]
    ) -> OpenList | None:
        """Lock a list until the end of the unit of work, and read what is above it.

        Args:
            matchdict: identifiers in the URL.
        Returns:
            None where the long way has to answer whatever is asked for.
        """
        if caller.prefixed_userid is None or caller.is_narrowed:
            return None
        storage = caller.registry.storage
        storage.lock_parent(rules.resource_name, list_uri.rpartition("/")[0])
        above = storage.get_many(rules.resource_cls.ancestor_keys(matchdict))
        return None if None in above else cls(rules, caller, list_uri, above)

    def write(self, asked: Asked) -> Written | None:
        """Carry out a write from its decision to its permissions, if the caller may.

        To be called inside the unit of work in which the list was opened. Where somebody is told,
        the first write of a kind takes the long way, to make the event that the others join.

        Returns:
            None, and nothing was changed, where the long way has to answer.
        Raises:
            BackendError: of the storage or the permissions; the unit has to be undone.
        """
        rules, existing = self.rules, None
        object_id = rules.target_of(self._caller, asked)
        if object_id == NO_TARGET:
            return None
        if object_id is not None:
            key = (rules.stored_as, self._model.parent_id, object_id)
            (existing,) = self._caller.registry.storage.get_many([key])
        if not is_usual(asked.method, existing):
            return None
        attempt = Attempt(rules, asked, self._model, object_id, existing, self._accepts)
        notify = self._notify if self._told[attempt.action] else None
        if notify is not None and not self._may_join_event(attempt.action):
            return None
        new = attempt.new_object() if self._permits(attempt) else None
        return None if new is None else attempt.store(new, notify)

    def create(self, asked: Iterable[Asked]) -> list[JSONObject]:
        """Create objects together, as many as can be from the first on, if the caller may.

        To be called as `write`.

        Args:
            asked: with POST or PUT. No more of them are taken than are tried.
        Returns:
            of each its timestamp and the text of the body of its answer. The next one, if there
            is any, has to be asked for by itself.
        Raises:
            BackendError: of the storage or the permissions; the unit has to be undone.
        """
        if self._told[ACTIONS.CREATE]:
            return []
        make_id = self.rules.generator_of(self._caller.registry)
        makes_new = never_repeats(make_id)
        objects: dict[str, KintoObject] = {}
        were_named: bool | None = None
        for each in asked:
            target = self.rules.target_of(self._caller, each)
            is_named = target is not None
            if is_named != (is_named if were_named is None else were_named):
                break
            if target in objects or not (self._is_free(target) if is_named else makes_new):
                break
            if not self._may_create_objects():
                break
            new = Attempt(self.rules, each, self._model, target, None, self._accepts).new_object()
            if new is None:
                break
            were_named = is_named
            new.pop(DEFAULT_ID_FIELD, None)
            objects[target or make_id()] = new
        return create_together(self._model, objects, are_new=not were_named) if objects else []

    def _is_free(self, object_id: str | None) -> bool:
        """Whether an id is well-formed, and of no object."""
        if object_id is None or object_id == NO_TARGET:
            return False
        key = (self.rules.stored_as, self._model.parent_id, object_id)
        (existing,) = self._caller.registry.storage.get_many([key])
        return existing is None

    def _may_join_event(self, action: ACTIONS) -> bool:
        name, parent_id = self.rules.resource_name, self._model.parent_id
        return may_join_event(self._caller, name, parent_id, action)

    def _permits(self, attempt: Attempt) -> bool:
        if attempt.existing is None:
            return self._may_create_objects()
        uri = attempt.asked.uri
        bound = bound_permissions(self._policy, uri, "write")
        if self._known.already_grants(self._principals, bound):
            return True
        context = self._context("write", uri)
        context.current_object = attempt.existing
        return is_permitted(self._policy, context)

    def _may_create_objects(self) -> bool:
        if not self._may_create:
            context = self._context("create", self._list_uri)
            self._may_create = is_permitted(self._policy, context)
        return self._may_create

    def _context(self, permission: str, uri: str) -> RouteFactory:
        context = RouteFactory(self._caller)
        context.resource_name = self.rules.resource_name
        context.required_permission = permission
        context.permission_object_id = uri
        return context
