"""The login of a browser: to the provider and back, bound to the browser that began.

The state is random, kept by this server and good once. It holds what the answer has to fit: the
browser (by a signed cookie), the nonce of the ID token and the verifier of the code (PKCE).
"""

from __future__ import annotations

import base64
import hashlib
import logging
import re
from typing import Any
from urllib.parse import quote, urlencode

import colander
from pyramid.httpexceptions import HTTPTemporaryRedirect
from pyramid.security import NO_PERMISSION_REQUIRED

from kinto.core import Service
from kinto.core.errors import ERRORS, raise_invalid
from kinto.core.openapi import answer, failure
from kinto.core.runtime import randomness
from kinto.core.runtime.secrets import same_secret
from kinto.core.settings import aslist
from kinto.core.utils import json
from kinto.plugins.openid import requests
from kinto.plugins.openid.browsers import browser_of, marked, remember_browser
from kinto.plugins.openid.callbacks import is_trusted
from kinto.plugins.openid.policy import unreachable
from kinto.plugins.openid.settings import ProviderSettings
from kinto.plugins.openid.tokens import InvalidToken, verify_id_token
from kinto.plugins.openid.utils import bounds_of, fetch_openid_config

__all__ = ["login", "requests", "token"]

logger = logging.getLogger("kinto.plugins.openid")

STATE_KEY = "openid:state:{}"
LOCAL_CALLBACKS = ("http://localhost:*/*", "http://127.0.0.1:*/*")

_URL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://\S+")
_STATE = re.compile(r"[0-9a-f]{32,512}")
_LONGEST_CALLBACK = 2048
_ASCII = "".join(map(chr, range(0x21, 0x7F)))
_EITHER = "Provide either 'state' and 'code', or 'error' and 'error_description', but not both."

login = Service(
    name="openid_login", path="/openid/{provider}/login", description="Begin an OpenID login"
)
token = Service(
    name="openid_token", path="/openid/{provider}/token", description="End an OpenID login"
)


def _parameter(description: str) -> Any:
    return colander.SchemaNode(colander.String(), missing=colander.drop, description=description)


class LoginQuery(colander.MappingSchema):
    """The parameters; validators read them."""

    callback = colander.SchemaNode(colander.String(), description="Where to end: a URL.")
    scope = colander.SchemaNode(colander.String(), description="What is asked of the provider.")
    prompt = _parameter("`none`, for a login without questions.")


class LoginRequest(colander.MappingSchema):
    querystring = LoginQuery()


class TokenQuery(colander.MappingSchema):
    """What the provider adds to the address; validators read it."""

    state = colander.SchemaNode(colander.String())
    code = _parameter("What stands for the tokens.")
    error = _parameter("Why there is no code.")
    error_description = _parameter("The same, for people.")


class TokenRequest(colander.MappingSchema):
    querystring = TokenQuery()


_REDIRECTIONS = {
    "307": answer("To the provider, or back from it.", content_type=("text/html", "text/plain")),
    "400": failure("A parameter is missing, unknown, or not of this browser."),
    "503": failure("The provider does not answer."),
}


def provider_validator(request: Any, **kwargs: Any) -> None:
    """Validator: the settings declare the provider."""
    name = request.matchdict["provider"]
    if name not in request.registry.openid_providers:
        raise_invalid(
            request, location="path", name="provider", description=f"Unknown provider '{name}'"
        )


def login_validator(request: Any, **kwargs: Any) -> None:
    """Validator: the parameters are there and look right."""
    query = request.GET
    callback = query.get("callback")
    if callback is None:
        request.errors.add("querystring", "callback", "Required")
    elif not _URL.fullmatch(callback) or len(callback) > _LONGEST_CALLBACK:
        request.errors.add("querystring", "callback", "Must be a URL")
    if not query.get("scope"):
        request.errors.add("querystring", "scope", "Required")
    if "prompt" in query and not query["prompt"].startswith("none"):
        request.errors.add("querystring", "prompt", "String does not match expected pattern")


def token_validator(request: Any, **kwargs: Any) -> None:
    """Validator: it is the answer of a provider."""
    if not request.GET.get("state"):
        request.errors.add("querystring", "state", "Required")
    if bool(request.GET.get("code")) == bool(request.GET.get("error")):
        request.errors.add("querystring", "", _EITHER)


@login.get(
    permission=NO_PERMISSION_REQUIRED,
    validators=(provider_validator, login_validator),
    schema=LoginRequest(),
    tags=["OpenID"],
    operation_id="openid_login",
    response_schemas=_REDIRECTIONS,
)
def get_login(request: Any) -> Any:
    """Send the browser to the provider.

    Raises:
        HTTPBadRequest: scopes or callback are not allowed.
    """
    name = request.matchdict["provider"]
    settings: ProviderSettings = request.registry.openid_providers[name]
    callback, scope = request.GET["callback"], request.GET["scope"]
    _check_login(request, name, settings)
    state = randomness.random_hex(settings.state_length)
    nonce, verifier = randomness.random_hex(16), randomness.random_hex(32)
    browser = browser_of(request) or randomness.random_hex(32)
    kept = {
        "browser": marked(request, browser, state),
        "callback": callback,
        "nonce": nonce,
        "provider": name,
        "verifier": verifier,
    }
    request.registry.cache.set(STATE_KEY.format(state), kept, ttl=settings.state_ttl_seconds)
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    parameters = {
        "client_id": settings.client_id,
        "response_type": "code",
        "scope": scope,
        "redirect_uri": request.route_url("openid_token", provider=name),
        "state": state,
    }
    if prompt := request.GET.get("prompt"):
        parameters["prompt"] = prompt
    if settings.audience:
        parameters["audience"] = settings.audience
    parameters |= {
        "nonce": nonce,
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii"),
        "code_challenge_method": "S256",
    }
    endpoint = _config(settings)["authorization_endpoint"]
    response = _redirection(f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(parameters)}")
    remember_browser(request, response, browser, seconds=settings.state_ttl_seconds)
    return response


@token.get(
    permission=NO_PERMISSION_REQUIRED,
    validators=(provider_validator, token_validator),
    schema=TokenRequest(),
    tags=["OpenID"],
    operation_id="openid_token",
    response_schemas=_REDIRECTIONS,
)
def get_token(request: Any) -> Any:
    """Send the browser back to who began the login, with what the provider answered.

    Raises:
        HTTPBadRequest: the state is none of this browser's, or was used; or the ID token is not
            for this login.
        HTTPServiceUnavailable: the provider does not answer.
    """
    name = request.matchdict["provider"]
    settings: ProviderSettings = request.registry.openid_providers[name]
    kept = _spend_state(request, name)
    if error := request.GET.get("error"):
        parameters = {"error": error}
        if description := request.GET.get("error_description"):
            parameters["error_description"] = description
        return _redirection(kept["callback"] + urlencode(parameters))
    body = _exchange(request, name, settings, verifier=kept["verifier"])
    _check_id_token(request, settings, body, nonce=kept["nonce"])
    encoded = base64.b64encode(body.encode("utf-8")).decode("ascii")
    return _redirection(kept["callback"] + quote(encoded))


def _check_login(request: Any, name: str, settings: ProviderSettings) -> None:
    scopes = request.GET["scope"].split()
    if unknown := sorted(set(scopes) - set(settings.allowed_scopes)):
        raise_invalid(
            request, name="scope", description=f"Scopes not allowed: {', '.join(unknown)}"
        )
    if not is_trusted(request.GET["callback"], _trusted(request, settings)):
        raise_invalid(request, name="callback", description="Untrusted callback URL")
    if settings.userid_field == "email" and "email" not in scopes:
        description = f"Provider {name} requires 'email' scope"
        raise_invalid(request, name="scope", description=description)


def _trusted(request: Any, settings: ProviderSettings) -> tuple[str, ...]:
    """Patterns of callbacks: by default this machine, and the console where there is one."""
    if settings.trusted_callback_urls:
        return settings.trusted_callback_urls
    if "kinto.plugins.admin" in aslist(request.registry.settings.get("includes")):
        console = request.route_url("hello").rstrip("/") + "/admin/*"
        return (*LOCAL_CALLBACKS, console)
    return LOCAL_CALLBACKS


def _config(settings: ProviderSettings) -> dict[str, Any]:
    """The discovery document.

    Raises:
        HTTPServiceUnavailable: it was not read at start, and cannot be read now.
    """
    try:
        return fetch_openid_config(settings.issuer)
    except (OSError, ValueError) as error:
        raise unreachable() from error


def _spend_state(request: Any, name: str) -> dict[str, Any]:
    """What was kept for the state of the request; it is gone afterwards.

    Raises:
        HTTPBadRequest: there is nothing, or it is of another browser or provider.
    """
    state, browser = request.GET["state"], browser_of(request)
    # What was never given out is not looked for: not every backend takes every text.
    is_ours = _STATE.fullmatch(state) is not None
    kept = request.registry.cache.delete(STATE_KEY.format(state)) if is_ours else None
    if (
        not isinstance(kept, dict)
        or browser is None
        or kept["provider"] != name
        or not same_secret(kept["browser"], marked(request, browser, state))
    ):
        raise_invalid(
            request,
            name="state",
            description="Invalid state",
            errno=ERRORS.INVALID_AUTH_TOKEN.value,
        )
    return kept


def _exchange(request: Any, name: str, settings: ProviderSettings, *, verifier: str) -> str:
    """What the provider gives for the code, whatever its status."""
    form = {
        "code": request.GET["code"],
        "client_id": settings.client_id,
        "redirect_uri": request.route_url("openid_token", provider=name),
        "grant_type": "authorization_code",
        "code_verifier": verifier,
    }
    if settings.client_secret:
        form["client_secret"] = settings.client_secret
    url = _config(settings)["token_endpoint"]
    try:
        answer = requests.post(url, data=form, **bounds_of(settings.issuer, url))
    except (requests.OutgoingFailed, requests.OutgoingRefused) as error:
        raise unreachable() from error
    return str(answer.text)


def _check_id_token(request: Any, settings: ProviderSettings, body: str, *, nonce: str) -> None:
    """An ID token is for this client and this login, or nobody gets it."""
    try:
        answer = json.loads(body)
    except ValueError:
        return
    id_token = answer.get("id_token") if isinstance(answer, dict) else None
    if id_token is None:
        return
    try:
        verify_id_token(settings.issuer, str(id_token), client_id=settings.client_id, nonce=nonce)
    except InvalidToken as error:
        logger.warning("An ID token was refused: %s.", error)
        raise_invalid(request, name="code", description="Invalid ID token for this code")
    except requests.OutgoingFailed as error:
        raise unreachable() from error


def _redirection(url: str) -> Any:
    # A header holds ASCII only; what is encoded already stays as it is.
    response = HTTPTemporaryRedirect(quote(url, safe=_ASCII))
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
