"""`/accounts/{id}/tokens` and `/accounts/{id}/sessions`: texts that stand for a user, made, listed
and revoked. A token is limited and cannot be used here; a session is made with a password only.
"""

from __future__ import annotations

import re
from typing import Any

import colander
from pyramid.authorization import Authenticated
from pyramid.httpexceptions import HTTPForbidden, HTTPNotFound

from kinto.authorization import RouteFactory
from kinto.core import Service
from kinto.core.authorization import DYNAMIC
from kinto.core.cornice import validators
from kinto.core.errors import ERRORS, http_error, raise_invalid
from kinto.core.openapi import many, one
from kinto.core.runtime import clock
from kinto.core.storage import Sort, exceptions
from kinto.plugins.accounts import keys
from kinto.plugins.accounts.authentication import credential_of, forget_answers, version_of
from kinto.plugins.accounts.settings import accounts_settings
from kinto.plugins.accounts.utils import ACCOUNT_POLICY_NAME, ACCOUNTS

MAX_RESOURCES = 50
CURRENT = "current"

_RESOURCE = re.compile(r"/buckets(?:/(?P<bucket>[^/]+)(?:/collections/(?P<collection>[^/]+))?)?")
_PASSWORD_NEEDED = "A session is opened with the password of the account."  # noqa: S105
_SHOWN = ("id", "name", "access", "resources", "agent", "created_at", "expires_at")


class KeysContext(RouteFactory):
    """Users reach what is theirs, administrators what is anybody's; neither by sharing."""

    def __init__(self, request: Any) -> None:
        super().__init__(request)
        # Credentials may take long to verify: before anything is locked.
        held = set(request.prefixed_principals)
        self.is_anonymous = Authenticated not in held
        account_id = request.matchdict["id"]
        administrators = accounts_settings(request.registry).write_principals
        self.is_administrator = not held.isdisjoint(administrators)
        self.is_own = request.prefixed_userid == f"{ACCOUNT_POLICY_NAME}:{account_id}"
        self.resource_name = "account"
        self.required_permission = "read" if request.method in ("GET", "HEAD") else "write"
        self.permission_object_id = keys.parent_of(account_id)

    def check_permission(self, principals: Any, bound_perms: Any) -> bool:
        if self._request.method == "POST":
            return self.is_own
        return self.is_own or self.is_administrator


class TokenData(colander.MappingSchema):
    """What a token is good for; a member that is not known here is refused."""

    name = colander.SchemaNode(colander.String(), validator=colander.Length(1, 100))
    access = colander.SchemaNode(colander.String(), validator=colander.OneOf(("read", "write")))
    resources = colander.SchemaNode(
        colander.Sequence(),
        colander.SchemaNode(colander.String()),
        validator=colander.Length(1, MAX_RESOURCES),
    )
    expires_in = colander.SchemaNode(
        colander.Integer(strict=True), validator=colander.Range(min=1), missing=None
    )

    @staticmethod
    def schema_type() -> colander.Mapping:
        return colander.Mapping(unknown="raise")


class TokenBody(colander.MappingSchema):
    data = TokenData()


class TokenRequest(colander.MappingSchema):
    body = TokenBody()


def _service(kind: str, *, plural: bool) -> Service:
    suffix = "" if plural else "/{key_id}"
    return Service(
        name=f"account-{kind}s" if plural else f"account-{kind}",
        path=f"/accounts/{{id}}/{kind}s{suffix}",
        description=f"{kind.capitalize()}s of an account",
        factory=KeysContext,
    )


tokens = _service(keys.TOKEN, plural=True)
token = _service(keys.TOKEN, plural=False)
sessions = _service(keys.SESSION, plural=True)
session = _service(keys.SESSION, plural=False)


@tokens.post(
    permission=DYNAMIC,
    schema=TokenRequest(),
    validators=(validators.colander_validator,),
    content_type=["application/json"],
    tags=["Accounts"],
    operation_id="create_token",
    response_schemas={"201": one("The token, whose text is shown only here.")},
)
def post_token(request: Any) -> dict[str, Any]:
    """Make a token; its text is in this answer and nowhere else.

    Raises:
        HTTPBadRequest: it is for no object there could be, or lives too long, or is one too many.
    """
    wanted = request.validated["body"]["data"]
    settings = accounts_settings(request.registry)
    seconds = wanted["expires_in"] or settings.token_seconds
    if seconds > settings.token_max_seconds:
        text = f"Tokens last {settings.token_max_seconds} seconds at most"
        raise_invalid(request, name="data.expires_in", description=text)
    attributes = {
        "name": wanted["name"],
        "access": wanted["access"],
        "resources": [_resource_uri(request, item) for item in wanted["resources"]],
    }
    if len(_stored(request, keys.TOKEN)) >= settings.tokens_per_account:
        raise_invalid(request, name="data", description="This account has too many tokens")
    return _make(request, keys.TOKEN, attributes, seconds=seconds)


@sessions.post(
    permission=DYNAMIC,
    tags=["Accounts"],
    operation_id="create_session",
    response_schemas={"201": one("The session, whose text is shown only here.")},
)
def post_session(request: Any) -> dict[str, Any]:
    """Open a session, for those who showed the password.

    Raises:
        HTTPForbidden: another session was shown.
    """
    shown = credential_of(request)
    if shown is None or shown.kind != keys.PASSWORD:
        raise http_error(HTTPForbidden(), errno=ERRORS.FORBIDDEN, message=_PASSWORD_NEEDED)
    settings = accounts_settings(request.registry)
    opened = _stored(request, keys.SESSION)
    for oldest in opened[settings.sessions_per_account - 1 :]:
        _remove(request, keys.SESSION, oldest["id"])
    attributes = {
        "agent": " ".join((request.user_agent or "").split())[:200],
        "version": version_of(request, request.matchdict["id"]),
    }
    return _make(request, keys.SESSION, attributes, seconds=settings.session_seconds)


@tokens.get(
    permission=DYNAMIC,
    tags=["Accounts"],
    operation_id="get_tokens",
    response_schemas={"200": many("The tokens.")},
)
def get_tokens(request: Any) -> dict[str, Any]:
    """The tokens that are good, the newest first."""
    return {"data": [_shown(item) for item in _stored(request, keys.TOKEN)]}


@sessions.get(
    permission=DYNAMIC,
    tags=["Accounts"],
    operation_id="get_sessions",
    response_schemas={"200": many("The sessions.")},
)
def get_sessions(request: Any) -> dict[str, Any]:
    """The sessions that are open, the newest first."""
    return {"data": [_shown(item) for item in _stored(request, keys.SESSION)]}


@tokens.delete(
    permission=DYNAMIC,
    tags=["Accounts"],
    operation_id="delete_tokens",
    response_schemas={"200": many("The revoked tokens.")},
)
def delete_tokens(request: Any) -> dict[str, Any]:
    """Revoke every token."""
    return _remove_list(request, keys.TOKEN)


@sessions.delete(
    permission=DYNAMIC,
    tags=["Accounts"],
    operation_id="delete_sessions",
    response_schemas={"200": many("The ended sessions.")},
)
def delete_sessions(request: Any) -> dict[str, Any]:
    """End every session."""
    return _remove_list(request, keys.SESSION)


@token.get(
    permission=DYNAMIC,
    tags=["Accounts"],
    operation_id="get_token",
    response_schemas={"200": one("The token.")},
)
def get_token(request: Any) -> dict[str, Any]:
    """One token, without its text."""
    return {"data": _shown(_found(request, keys.TOKEN))}


@session.get(
    permission=DYNAMIC,
    tags=["Accounts"],
    operation_id="get_session",
    response_schemas={"200": one("The session.")},
)
def get_session(request: Any) -> dict[str, Any]:
    """One session; `current` is the one that is used."""
    return {"data": _shown(_found(request, keys.SESSION))}


@token.delete(
    permission=DYNAMIC,
    tags=["Accounts"],
    operation_id="delete_token",
    response_schemas={"200": one("The revoked token.")},
)
def delete_token(request: Any) -> dict[str, Any]:
    """Revoke one token."""
    return _remove_found(request, keys.TOKEN)


@session.delete(
    permission=DYNAMIC,
    tags=["Accounts"],
    operation_id="delete_session",
    response_schemas={"200": one("The ended session.")},
)
def delete_session(request: Any) -> dict[str, Any]:
    """End one session; with `current`, log out."""
    return _remove_found(request, keys.SESSION)


def _make(request: Any, kind: str, attributes: dict[str, Any], *, seconds: int) -> dict[str, Any]:
    account_id = request.matchdict["id"]
    text, key = keys.new_key(kind, account_id)
    now = clock.now_ms()
    obj = {**attributes, **key, "created_at": now, "expires_at": now + seconds * 1000}
    request.registry.storage.update(
        keys.RESOURCES[kind], keys.parent_of(account_id), key["id"], obj
    )
    request.response.status_code = 201
    request.response.headers["Cache-Control"] = "no-store"
    return {"data": {**_shown(obj), "token": text}}


def _stored(request: Any, kind: str) -> list[dict[str, Any]]:
    """The keys that are good, the newest first; the others are removed when something is made.

    Raises:
        HTTPNotFound: there is no such account.
    """
    _check_account(request)
    storage, now = request.registry.storage, clock.now_ms()
    parent = keys.parent_of(request.matchdict["id"])
    is_write = request.method == "POST"
    if is_write:
        storage.lock_parent(keys.RESOURCES[kind], parent)
    found = storage.list_all(
        resource_name=keys.RESOURCES[kind], parent_id=parent, sorting=[Sort("last_modified", -1)]
    )
    if is_write:
        for item in found:
            if item["expires_at"] <= now:
                _remove(request, kind, item["id"])
    return [item for item in found if item["expires_at"] > now]


def _found(request: Any, kind: str) -> dict[str, Any]:
    """The key that the URL names.

    Raises:
        HTTPNotFound: there is none.
    """
    _check_account(request)
    key_id = request.matchdict["key_id"]
    shown = credential_of(request)
    if key_id == CURRENT and shown is not None and shown.kind == kind:
        key_id = shown.key_id
    parent = keys.parent_of(request.matchdict["id"])
    (stored,) = request.registry.storage.get_many([(keys.RESOURCES[kind], parent, key_id)])
    if stored is None or stored["expires_at"] <= clock.now_ms():
        raise _not_found(key_id, f"account-{kind}")
    return dict(stored)


def _remove_found(request: Any, kind: str) -> dict[str, Any]:
    found = _found(request, kind)
    _remove(request, kind, found["id"])
    return {"data": {"id": found["id"], "deleted": True}}


def _remove_list(request: Any, kind: str) -> dict[str, Any]:
    found = _stored(request, kind)
    keys.remove_all(request.registry.storage, request.matchdict["id"], kinds=(kind,))
    forget_answers(request)
    return {"data": [{"id": item["id"], "deleted": True} for item in found]}


def _remove(request: Any, kind: str, key_id: str) -> None:
    parent = keys.parent_of(request.matchdict["id"])
    try:
        request.registry.storage.delete(keys.RESOURCES[kind], parent, key_id, with_deleted=False)
    except exceptions.ObjectNotFoundError:
        return  # Revoked twice in the same moment.
    forget_answers(request)


def _check_account(request: Any) -> None:
    account_id = request.matchdict["id"]
    (account,) = request.registry.storage.get_many([(*ACCOUNTS.values(), account_id)])
    if account is None:
        raise _not_found(account_id, "account")


def _not_found(object_id: str, resource_name: str) -> Any:
    details = {"id": object_id, "resource_name": resource_name}
    return http_error(HTTPNotFound(), errno=ERRORS.INVALID_RESOURCE_ID, details=details)


def _resource_uri(request: Any, text: str) -> str:
    """The URI that a token is limited to, aliases resolved.

    Raises:
        HTTPBadRequest: it is neither all buckets, nor a bucket, nor a collection.
    """
    match = _RESOURCE.fullmatch(text)
    generators = request.registry.id_generators
    if match is not None:
        for alias in getattr(request.registry, "uri_aliases", ()):
            text = alias(request, text)
        ids = {name: value for name, value in match.groupdict().items() if value is not None}
        if all(generators.get(name, generators[""]).match(value) for name, value in ids.items()):
            return text
    description = "Neither `/buckets`, nor the URI of a bucket or collection"
    raise_invalid(request, name="data.resources", description=description)


def _shown(stored: dict[str, Any]) -> dict[str, Any]:
    return {name: stored[name] for name in _SHOWN if name in stored}
