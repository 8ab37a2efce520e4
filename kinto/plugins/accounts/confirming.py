"""Signing up by e-mail: an account exists once its address is confirmed.

What is asked for waits in a list of its own, under a random name that only the mail tells. Signing
up again, for the same address or for one that has an account, is answered alike and costs alike:
who asks learns nothing, and who reads the mail activates what they asked for themselves.
"""

from __future__ import annotations

from typing import Any

import colander
from pyramid.httpexceptions import HTTPForbidden
from pyramid.security import NO_PERMISSION_REQUIRED

from kinto.core import Service
from kinto.core.errors import ERRORS, ErrorSchema, http_error, raise_invalid
from kinto.core.events import ACTIONS
from kinto.core.openapi import answer
from kinto.core.runtime import clock, randomness
from kinto.core.runtime.secrets import InvalidSignature, sign, verify
from kinto.core.storage import Filter
from kinto.core.utils import COMPARISON
from kinto.plugins.accounts import keys, letters
from kinto.plugins.accounts.authentication import version_of
from kinto.plugins.accounts.hashing import hash_of
from kinto.plugins.accounts.settings import ValidationSettings, accounts_settings
from kinto.plugins.accounts.throttling import Throttle
from kinto.plugins.accounts.utils import ACCOUNT_POLICY_NAME, ACCOUNTS, make_account

PENDING = {"resource_name": "account-pending", "parent_id": ""}
"""Where sign-ups wait for their confirmation."""

NO_MATCH = "Account ID and activation key do not match"
SENT = "A temporary reset password has been sent by mail"

_PURPOSE = "account-activation"


class _Message(colander.MappingSchema):
    message = colander.SchemaNode(colander.String())


validation = Service(
    name="account-validation",
    path="/accounts/{id}/validate/{key}",
    description="Confirm the address of an account",
)

reset_password = Service(
    name="account-reset-password",
    path="/accounts/{id}/reset-password",
    description="Ask for a mail to reset a password",
)


def validation_settings(registry: Any) -> ValidationSettings | None:
    """The settings, or None when addresses are not confirmed."""
    found: ValidationSettings | None = vars(registry).get("accounts_validation")
    return found


def is_address(settings: ValidationSettings, account_id: str) -> bool:
    """Whether mail can be sent to who has this id."""
    return settings.pattern.match(account_id) is not None


def sign_up(resource: Any) -> dict[str, Any]:
    """Answer a request to create an account as if it were the first one with its name.

    Args:
        resource: of accounts, whose request was found valid.
    Raises:
        HTTPBadRequest: the id is no address.
        HTTPTooManyRequests: too many mails were asked for from this client's address.
    """
    request = resource.request
    settings = request.registry.accounts_validation
    data = dict((request.validated.get("body") or {}).get("data") or {})
    account_id = _id_asked_for(resource, data)
    if not is_address(settings, account_id):
        text = f"Account validation is enabled, and user id should match {settings.pattern!r}"
        raise_invalid(request, name="data.id", description=text)
    _count_request(request)
    password = data.pop("password")
    for name in ("id", "last_modified", "validated"):
        data.pop(name, None)
    nonce = randomness.random_hex(16)
    pending = {"account": account_id, "data": data, "hash": hash_of(request, password)}
    _forget_old_ones(request, settings)
    stored = request.registry.storage.update(**PENDING, object_id=nonce, obj={**pending})
    key = _activation_key(request, account_id, nonce, settings=settings)
    account = {**data, "id": account_id}
    if resource.context.is_taken:
        letters.post(request, letters.TAKEN, account={"id": account_id})
    else:
        letters.post(request, letters.ACTIVATION, account=account, secrets={"activation-key": key})
    request.response.status_code = 201
    shown = {**account, "validated": False, "last_modified": stored["last_modified"]}
    return {
        "data": shown,
        "permissions": {"write": [f"{ACCOUNT_POLICY_NAME}:{account_id}"]},
    }


@validation.post(
    permission=NO_PERMISSION_REQUIRED,
    tags=["Accounts"],
    operation_id="validate_account",
    response_schemas={
        "200": answer("The account.", colander.SchemaNode(colander.Mapping(unknown="preserve"))),
        "403": answer("The key is not, or no longer, the right one.", ErrorSchema()),
    },
)
def post_validation(request: Any) -> dict[str, Any]:
    """Make the account that was asked for; the key of the mail works once."""
    account_id, key = request.matchdict["id"], request.matchdict["key"]
    # The key is a secret until it was used.
    request.log_context(path=request.path.rpartition("/")[0] + "/***")
    storage = request.registry.storage
    nonce = _nonce_of(request, account_id, key)
    storage.lock_parent(*ACCOUNTS.values())
    storage.lock_parent(*PENDING.values())
    pending, existing = storage.get_many(
        [(*PENDING.values(), nonce), (*ACCOUNTS.values(), account_id)]
    )
    if pending is None or existing is not None or pending["account"] != account_id:
        raise _no_match()
    by_account = [Filter("account", account_id, COMPARISON.EQ)]
    storage.delete_all(**PENDING, filters=by_account, with_deleted=False)
    data = {**pending["data"], "validated": True}
    account = make_account(request.registry, account_id, data=data, hashed=pending["hash"])
    request.notify_resource_event(
        parent_id=ACCOUNTS["parent_id"],
        timestamp=account["last_modified"],
        data=account,
        action=ACTIONS.CREATE,
        resource_name=ACCOUNTS["resource_name"],
        # Not the URI of the request, which tells the key.
        resource_data={"id": account_id, "uri": keys.parent_of(account_id)},
    )
    letters.post(request, letters.CONFIRMATION, account=account)
    return account


@reset_password.post(
    permission=NO_PERMISSION_REQUIRED,
    tags=["Accounts"],
    operation_id="reset_password",
    response_schemas={
        "200": answer("A mail is sent, if there is such an account.", _Message()),
        "400": answer("The id is no address.", ErrorSchema()),
    },
)
def post_reset_password(request: Any) -> dict[str, str]:
    """Mail a text that stands for the password once, if there is such an account."""
    account_id = request.matchdict["id"]
    settings = request.registry.accounts_validation
    if not is_address(settings, account_id):
        text = f"The user id should match {settings.email_regexp}."
        raise_invalid(request, location="path", name="id", description=text)
    _count_request(request)
    (account,) = request.registry.storage.get_many([(*ACCOUNTS.values(), account_id)])
    version = version_of(request, account_id)
    reset = keys.new_reset(
        request.registry,
        account_id,
        version=version or randomness.random_hex(16),
        seconds=settings.reset_password_cache_ttl_seconds,
    )
    letters.post(
        request,
        letters.RESET,
        account=account or {"id": account_id},
        secrets={"reset-password": reset},
        is_sent=version is not None,
    )
    return {"message": SENT}


def _id_asked_for(resource: Any, data: dict[str, Any]) -> str:
    """The id in the URL or in the body, which agree.

    Raises:
        HTTPBadRequest: there is none, it is malformed, or they differ.
    """
    in_body, in_url = data.get("id"), resource.request.matchdict.get("id")
    if in_url is not None and in_body is not None:
        resource._raise_400_if_id_mismatch(in_body, in_url)
    account_id = in_body if in_url is None else in_url
    if account_id is None:
        raise_invalid(resource.request, name="data.id", description="Accounts must have an ID.")
    resource._raise_400_if_invalid_id(account_id)
    caller = resource.request.selected_userid if not resource.context.is_anonymous else None
    if caller is not None and caller != account_id:
        description = "Username and account ID do not match."
        raise_invalid(resource.request, name="data.id", description=description)
    return str(account_id)


def _activation_key(
    request: Any, account_id: str, nonce: str, *, settings: ValidationSettings
) -> str:
    seconds = settings.validation_key_cache_ttl_seconds
    return sign(
        nonce,
        keys.secret_key(request.registry),
        purpose=_PURPOSE,
        binding=(account_id,),
        expires_at=clock.now_ms() + seconds * 1000,
    )


def _nonce_of(request: Any, account_id: str, key: str) -> str:
    try:
        return verify(
            key,
            keys.secret_key(request.registry),
            purpose=_PURPOSE,
            now=clock.now_ms(),
            binding=(account_id,),
        )
    except InvalidSignature:
        raise _no_match() from None


def _no_match() -> Any:
    return http_error(HTTPForbidden(), errno=ERRORS.UNDEFINED, message=NO_MATCH)


def _forget_old_ones(request: Any, settings: ValidationSettings) -> None:
    """Sign-ups that nobody confirmed in time."""
    oldest = clock.now_ms() - settings.validation_key_cache_ttl_seconds * 1000
    too_old = [Filter("last_modified", oldest, COMPARISON.LT)]
    request.registry.storage.delete_all(**PENDING, filters=too_old, with_deleted=False)


def _count_request(request: Any) -> None:
    """Each of these requests may send a mail: one client does not send any number of them."""
    own = accounts_settings(request.registry)
    throttle = Throttle(request, own, username=None, purpose="mail")
    throttle.check()
    throttle.count_failure()
