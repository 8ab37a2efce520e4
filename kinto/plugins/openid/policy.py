"""The policy: a token that the provider vouches for is its user.

What was found out is remembered for a fixed time, under a key bound to the token and to the
provider; use adds nothing to it. Refusals are remembered for a moment.
"""

from __future__ import annotations

import logging
import math
import re
from typing import Any

from pyramid.httpexceptions import HTTPServiceUnavailable
from pyramid.interfaces import IAuthenticationPolicy
from zope.interface import implementer

from kinto.core.authentication import is_own
from kinto.core.errors import ERRORS, http_error
from kinto.core.utils import hmac_digest, msec_time
from kinto.plugins.openid import requests
from kinto.plugins.openid.settings import ProviderSettings
from kinto.plugins.openid.tokens import InvalidToken, is_hopeless, verify_token
from kinto.plugins.openid.utils import ask, fetch_openid_config

logger = logging.getLogger("kinto.plugins.openid")

REFUSAL_SECONDS = 10
UNREACHABLE = "The identity provider does not answer, please retry later."
RETRY_SECONDS = 5

_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{1,8192}")
_PROFILE = "_openid_profile"


@implementer(IAuthenticationPolicy)
class OpenIDConnectPolicy:
    """Users of one provider. The user id is a field of what the provider tells of the user.

    Args:
        issuer: URL of the provider, whose discovery document is read now.
        client_id: who we are for the provider.
        realm: shown in the challenge.
        kwargs: see `ProviderSettings`; unknown ones are accepted.
    Raises:
        InvalidSetting: a number is none.
        OSError, ValueError: the discovery document cannot be read.
    """

    def __init__(self, issuer: str, client_id: str, realm: str = "Realm", **kwargs: Any) -> None:
        self.settings = ProviderSettings.from_mapping(
            {**kwargs, "issuer": issuer, "client_id": client_id, "realm": realm}
        )
        self.issuer = issuer
        self.client_id = client_id
        self.oid_config = fetch_openid_config(issuer)
        if not self.settings.audience:
            logger.warning(
                "No audience is set for %s: tokens that it made for others are accepted, too.",
                issuer,
            )

    def effective_principals(self, request: Any) -> list[str]:
        """None: only the group finder adds principals."""
        return []

    def unauthenticated_userid(self, request: Any) -> str | None:
        """A user id is never taken from a token that was not verified."""
        return None

    def remember(self, request: Any, userid: Any, **kw: Any) -> list[tuple[str, str]]:
        """Nothing: clients keep their token."""
        return []

    def forget(self, request: Any) -> list[tuple[str, str]]:
        """The challenge."""
        return [("WWW-Authenticate", f'{self.settings.header_type} realm="{self.settings.realm}"')]

    def authenticated_userid(self, request: Any) -> str | None:
        """The user whose token was shown, or None.

        Raises:
            HTTPServiceUnavailable: the provider has to be asked and does not answer.
        """
        token = self._token(request)
        if token is None:
            return None
        answers = request.bound_data.setdefault("openid_verified", {})
        key = self._cache_key(request, token)
        if key not in answers:
            answers[key] = self._remembered(request, token, key)
        information = answers[key]
        user_id = None if information is None else self._user_id(information)
        if user_id is not None:
            request.__dict__[_PROFILE] = (user_id, information)
        return user_id

    def _token(self, request: Any) -> str | None:
        scheme, _, token = (request.headers.get("Authorization") or "").partition(" ")
        token = token.strip()
        if scheme.lower() != self.settings.header_type.lower() or not _TOKEN.fullmatch(token):
            return None
        # Nobody else is told of the tokens that this server gave out.
        return None if is_own(token) else token

    def _cache_key(self, request: Any, token: str) -> str:
        secret = str(request.registry.settings.get("userid_hmac_secret") or "")
        settings = self.settings
        bound = f"{self.issuer}:{self.client_id}:{settings.audience}:{token}"
        return "openid:verify:" + hmac_digest(secret, bound)

    def _remembered(self, request: Any, token: str, key: str) -> dict[str, Any] | None:
        cache, now = request.registry.cache, msec_time()
        entry = cache.get(key)
        if isinstance(entry, dict) and entry.get("until", 0) > now:
            found: dict[str, Any] | None = entry.get("information")
            return found
        information, left = self._verified(token)
        longest = REFUSAL_SECONDS if information is None else self.settings.verification_ttl_seconds
        seconds = min(float(longest), left)
        if seconds > 0:
            entry = {"information": information, "until": now + int(seconds * 1000)}
            cache.set(key, entry, ttl=seconds)
        return information

    def _verified(self, token: str) -> tuple[dict[str, Any] | None, float]:
        """What the provider tells of the user of a token, and the seconds that it will be good.

        None for a token that is not good.
        """
        claims: dict[str, Any] = {}
        try:
            if self.settings.audience:
                claims = verify_token(self.issuer, token, audience=self.settings.audience)
            elif is_hopeless(self.issuer, token):
                raise InvalidToken("unsigned, over, or of another issuer")
            information = self._ask(token)
        except InvalidToken as error:
            logger.debug("A token was refused: %s.", error)
            return None, math.inf
        except requests.OutgoingFailed as error:
            raise unreachable() from error
        except (OSError, ValueError, TypeError, KeyError) as error:
            logger.debug("A token was refused by the provider: %s.", type(error).__name__)
            return None, math.inf
        if "sub" in claims and information.get("sub", claims["sub"]) != claims["sub"]:
            return None, math.inf  # What is told is of somebody else.
        return information, claims.get("exp", math.inf) - msec_time() / 1000

    def _ask(self, token: str) -> dict[str, Any]:
        url = self.oid_config["userinfo_endpoint"]
        headers = {"Authorization": f"Bearer {token}"}
        answer = ask(self.issuer, url, headers=headers)
        answer.raise_for_status()
        information = answer.json()
        if not isinstance(information, dict):
            raise ValueError("no user information")
        return information

    def _user_id(self, information: dict[str, Any]) -> str | None:
        field = self.settings.userid_field
        value = information.get(field)
        if isinstance(value, bool) or not isinstance(value, (str, int)) or value == "":
            return None
        if field == "email" and information.get("email_verified") in (False, "false", "False"):
            return None  # Anybody may claim the address of somebody else. Some tell it as a text.
        return str(value)


def get_user_profile(request: Any) -> dict[str, Any]:
    """What the provider told of the caller; empty for users of other policies."""
    user_id, information = request.__dict__.get(_PROFILE, (None, {}))
    return dict(information) if user_id == getattr(request, "selected_userid", None) else {}


def unreachable() -> Any:
    """The 503 of a provider that does not answer."""
    answer = http_error(HTTPServiceUnavailable(), errno=ERRORS.BACKEND, message=UNREACHABLE)
    answer.headers["Retry-After"] = str(RETRY_SECONDS)
    return answer
