"""`/accounts`: users with a password, who own their account; administrators own all of them.

The password goes in and never comes out: it is taken from the object before it is stored.
"""

from __future__ import annotations

import re
from typing import Any

import colander
from pyramid.authorization import Authenticated
from pyramid.events import subscriber
from pyramid.httpexceptions import HTTPForbidden, HTTPUnauthorized

from kinto.authorization import RouteFactory
from kinto.core.errors import ERRORS, http_error, raise_invalid
from kinto.core.events import ACTIONS, ResourceChanged
from kinto.core.resource import Model, Resource, ResourceSchema, ViewSet, register
from kinto.core.runtime import randomness
from kinto.core.settings import asbool
from kinto.core.storage import exceptions, generators
from kinto.plugins.accounts.authentication import (
    CHANGED,
    credential_of,
    forget_answers,
    token_of,
    version_of,
)
from kinto.plugins.accounts.confirming import sign_up, validation_settings
from kinto.plugins.accounts.hashing import hash_of
from kinto.plugins.accounts.keys import RESET, SESSION, remove_all
from kinto.plugins.accounts.settings import accounts_settings
from kinto.plugins.accounts.utils import (
    ACCOUNT_POLICY_NAME,
    ACCOUNTS,
    CREDENTIALS,
    store_credentials,
)
from kinto.views.admin import erase, forget

MAX_ID_LENGTH = 255


class AccountIdGenerator(generators.Generator):
    """Ids are chosen by users: names, or e-mail addresses."""

    regexp = r"^[a-zA-Z0-9][+.@a-zA-Z0-9_-]*$"

    def match(self, object_id: str) -> re.Match[str] | None:
        return super().match(object_id) if len(object_id) <= MAX_ID_LENGTH else None

    def __call__(self) -> str:
        return randomness.random_hex(16)


class AccountSchema(ResourceSchema):
    """An account is written with its password; any other attribute is kept."""

    password = colander.SchemaNode(colander.String())


class AccountContext(RouteFactory):
    """Who may do what: administrators by settings, owners by the permission on their account.

    Attributes:
        signs_up: whether the request asks for an account whose address will be confirmed.
        is_taken: whether that account exists already.
    """

    signs_up = False
    is_taken = False

    def __init__(self, request: Any) -> None:
        settings = accounts_settings(request.registry)
        principals = request.prefixed_principals
        self.is_anonymous = Authenticated not in principals
        self.is_administrator = not set(principals).isdisjoint(settings.write_principals)
        super().__init__(request)
        self._set_up_sign_up(request)
        lists = self.on_plural_endpoint and request.method in ("GET", "HEAD", "DELETE")
        if lists and self.is_anonymous:
            raise http_error(
                HTTPUnauthorized(), errno=ERRORS.UNDEFINED, error="Cannot read accounts."
            )

    def _set_up_sign_up(self, request: Any) -> None:
        """Where addresses are confirmed, nobody learns which ones have an account."""
        if validation_settings(request.registry) is None or self.is_administrator:
            return
        is_new = self.is_anonymous or self.current_object is None
        self.signs_up = is_new and request.method in ("POST", "PUT")
        if self.signs_up:
            self.is_taken = self.current_object is not None
            self.current_object = None
            self.required_permission = "create"
            self.permission_object_id = "/accounts"

    def allowed_by_settings(self, permission: str) -> Any:
        """Administrators do everything, except to list all accounts without a right to read."""
        named = list(super().allowed_by_settings(permission))
        if not (permission == "read" and self.on_plural_endpoint and self.current_object is None):
            named += accounts_settings(self._request.registry).write_principals
        return named

    def fetch_shared_objects(
        self, perm: str, principals: Any, get_bound_permissions: Any
    ) -> list[str] | None:
        """Of a list, users see their own account only."""
        found = super().fetch_shared_objects(perm, principals, get_bound_permissions)
        if found and not self.is_administrator:
            self.shared_ids = [name for name in found if self.is_own(name)] or None
        return self.shared_ids

    def is_own(self, account_id: str) -> bool:
        """Whether the caller is this account."""
        return bool(self._request.prefixed_userid == f"{ACCOUNT_POLICY_NAME}:{account_id}")

    def may_reach(self, account_id: str) -> bool:
        """Whether an account exists for the caller: that of somebody else does not."""
        if self.is_anonymous or self.is_administrator or self.is_own(account_id):
            return True
        held = set(self._request.prefixed_principals)
        return not held.isdisjoint(super().allowed_by_settings("read"))


class AccountModel(Model):
    """Accounts belong to whom they name, whoever creates or changes them."""

    def create_object(self, obj: Any, parent_id: str | None = None) -> Any:
        self.current_principal = f"{ACCOUNT_POLICY_NAME}:{obj[self.id_field]}"
        return super().create_object(obj, parent_id)

    def update_object(self, obj: Any, parent_id: str | None = None) -> Any:
        self.current_principal = f"{ACCOUNT_POLICY_NAME}:{obj[self.id_field]}"
        return super().update_object(obj, parent_id)


def account_id_required(request: Any, **kwargs: Any) -> None:
    """Validator of POST: nobody knows what else to say of a body without id."""
    if Authenticated in request.prefixed_principals and not request.context.is_administrator:
        return
    try:
        if "id" in request.json["data"]:
            return
    except (ValueError, KeyError, TypeError):
        pass
    raise_invalid(request, name="data.id", description="data.id in body: Required")


class AccountViewSet(ViewSet):
    """The usual endpoints, with the context of accounts."""

    factory = AccountContext
    plural_post_arguments = {
        **ViewSet.plural_post_arguments,
        "validators": [account_id_required],
    }


@register(name="account", plural_path="/accounts", object_path="/accounts/{{id}}")
class Account(Resource):
    """`/accounts` and `/accounts/{id}`."""

    default_viewset = AccountViewSet
    default_model = AccountModel
    schema = AccountSchema

    _new_password: str | None = None
    _unchanged: str | None = None

    def get_parent_id(self, request: Any) -> str:
        """Accounts are in one list, of which users see their own."""
        return ACCOUNTS["parent_id"]

    def find_object(self, object_id: str) -> Any:
        reachable = self.context is None or self.context.may_reach(object_id)
        return super().find_object(object_id) if reachable else None

    def get(self) -> dict[str, Any]:
        if self.context is not None and not self.context.may_reach(self.object_id):
            raise self._404_for_object(self.object_id or "")
        return super().get()

    def plural_post(self) -> dict[str, Any]:
        if self.context is not None and self.context.signs_up:
            return sign_up(self)
        return super().plural_post()

    def put(self) -> dict[str, Any]:
        if "data" not in (self.request.validated.get("body") or {}):
            raise_invalid(self.request, name="data", description="Required")
        if self.context is not None and self.context.signs_up:
            return sign_up(self)
        return super().put()

    def apply_changes(self, obj: Any, requested_changes: Any) -> tuple[Any, Any]:
        """A patch may set the password; one that does not leaves it as it is."""
        # Stands for the password that is not there to be patched.
        self._unchanged = randomness.random_hex(16)
        patched = {**obj, "password": self._unchanged}
        updated, applied = super().apply_changes(patched, requested_changes)
        if any(value == self._unchanged for name, value in updated.items() if name != "password"):
            raise_invalid(self.request, name="password", description="Cannot be copied")
        applied.pop("password", None)
        return updated, applied

    def process_object(self, new: Any, old: Any = None) -> Any:
        new = super().process_object(new, old)
        self._keep_confirmation(new, old)
        password = new.pop("password", None)
        self._new_password = None if password == self._unchanged else password
        account_id = new.get(self.model.id_field)
        if account_id is None:
            raise_invalid(self.request, name="data.id", description="Accounts must have an ID.")
        if old is None and self.context is not None:
            is_user = not (self.context.is_anonymous or self.context.is_administrator)
            if is_user and account_id != self.request.selected_userid:
                description = "Username and account ID do not match."
                raise_invalid(self.request, name="data.id", description=description)
        return new

    def postprocess(self, result: Any, action: ACTIONS = ACTIONS.READ, old: Any = None) -> Any:
        """Credentials change in the unit of work of the account, and before the event."""
        if action in (ACTIONS.CREATE, ACTIONS.UPDATE) and self._new_password is not None:
            self._set_password(result[self.model.id_field], self._new_password)
        elif action is ACTIONS.DELETE:
            for tombstone in result if isinstance(result, list) else [result]:
                self._remove_what_it_had(tombstone[self.model.id_field])
        return super().postprocess(result, action, old)

    def _remove_what_it_had(self, account_id: str) -> None:
        """With `?erase_data=true`, everything that only this user may write goes, too."""
        self._check_no_session_of(account_id)
        # In the URL of a list it would be a filter.
        if self.object_id is not None and asbool(self.request.GET.get("erase_data")):
            erase(self.request, f"{ACCOUNT_POLICY_NAME}:{account_id}")
        _leave_nothing(self.request, account_id)

    def _keep_confirmation(self, new: Any, old: Any) -> None:
        """Only the mail, or an administrator, says that an address is confirmed."""
        is_administrator = self.context is not None and self.context.is_administrator
        if validation_settings(self.request.registry) is None or is_administrator:
            return
        new.pop("validated", None)
        if "validated" in (old or {}):
            new["validated"] = old["validated"]

    def _check_no_session_of(self, account_id: str) -> None:
        """Who finds an open session does not shut its user out, not by signing up anew either.

        Raises:
            HTTPForbidden: the caller showed a session of this account.
        """
        shown = credential_of(self.request)
        is_session = shown is not None and shown.kind == SESSION
        if is_session and account_id == self.request.selected_userid:
            raise HTTPForbidden

    def _set_password(self, account_id: str, password: str) -> None:
        request = self.request
        self._check_no_session_of(account_id)
        shown = credential_of(request)
        if shown is not None and shown.kind == RESET:
            # Good once, also for two requests of the same moment: this one holds the lock.
            if version_of(request, account_id) != shown.version:
                raise HTTPForbidden
            # Who knew the password may have made tokens; sessions end with any new password.
            remove_all(self.model.storage, account_id)
        store_credentials(self.model.storage, account_id, hashed=hash_of(request, password))
        changed = request.bound_data.setdefault(CHANGED, {})
        changed[account_id] = token_of(request, account_id, version="", password=password)
        forget_answers(request)


@subscriber(ResourceChanged, for_resources=("account",), for_actions=(ACTIONS.DELETE,))
def on_account_changed(event: ResourceChanged) -> None:
    """Accounts deleted by any other way lose their credentials and rights, too."""
    for change in event.impacted_objects:
        account_id = change["old"]["id"]
        (stored,) = event.request.registry.storage.get_many([(*ACCOUNTS.values(), account_id)])
        if stored is None:
            _leave_nothing(event.request, account_id)


def _leave_nothing(request: Any, account_id: str) -> None:
    """Who gets the name later has neither the password, nor the keys, nor the rights of now."""
    forget(request, f"{ACCOUNT_POLICY_NAME}:{account_id}")
    remove_all(request.registry.storage, account_id)
    try:
        request.registry.storage.delete(**CREDENTIALS, object_id=account_id, with_deleted=False)
    except exceptions.ObjectNotFoundError:
        return
    request.bound_data.setdefault(CHANGED, {})[account_id] = None
    forget_answers(request)
