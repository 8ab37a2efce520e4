"""JSON web tokens of a provider: signature, issuer, audience and time, with the keys of today.

Keys are read from the provider and kept for an hour; an unknown key is looked for again, at most
once in a while, so that rotation is followed and nobody makes this server ask all the time.
"""

from __future__ import annotations

import threading
from typing import Any

import jwt

from kinto.core.runtime import clock
from kinto.plugins.openid.utils import ask, fetch_openid_config

ALGORITHMS = {
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "EC": ("ES256", "ES384", "ES512"),
    "OKP": ("EdDSA",),
}
"""Kind of key -> algorithms. Neither `none` nor any that takes a public key for a shared one."""

KEYS_SECONDS = 3600.0
PAUSE_SECONDS = 30.0
"""Between two looks for a key that is not known."""
LEEWAY_SECONDS = 30
"""How far the clock of the provider may be off."""


class InvalidToken(Exception):
    """A token is not what it should be; the text says why, for logs."""


class Keys:
    """The keys with which a provider signs."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer
        self._lock = threading.Lock()
        self._keys: list[tuple[dict[str, Any], Any]] = []
        self._read_at: float | None = None

    def find(self, header: dict[str, Any]) -> Any:
        """The key that the header of a token names.

        Raises:
            InvalidToken: there is none for this algorithm.
            OutgoingFailed: the provider does not answer.
        """
        with self._lock:
            age = None if self._read_at is None else clock.monotonic() - self._read_at
            if age is None or age >= KEYS_SECONDS:
                self._read()
                age = 0.0
            found = self._matching(header)
            if not found and age >= PAUSE_SECONDS:
                self._read()
                found = self._matching(header)
        if len(found) != 1:
            raise InvalidToken("no key, or no single one, for this token")
        return found[0].key

    def _matching(self, header: dict[str, Any]) -> list[Any]:
        algorithm, name = header.get("alg"), header.get("kid")
        return [
            key
            for described, key in self._keys
            if algorithm in ALGORITHMS.get(key.key_type, ())
            and name in (None, key.key_id)
            and described.get("use", "sig") == "sig"
            and described.get("alg", algorithm) == algorithm
        ]

    def _read(self) -> None:
        url = fetch_openid_config(self._issuer).get("jwks_uri")
        if not url:
            raise InvalidToken("the provider publishes no keys")
        answer = ask(self._issuer, url)
        self._read_at = clock.monotonic()
        try:
            answer.raise_for_status()
            self._keys = [(item, key) for item in answer.json()["keys"] for key in _usable(item)]
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise InvalidToken("the keys of the provider cannot be read") from error


def _usable(described: dict[str, Any]) -> list[Any]:
    """The key that is described; nothing when it is of a kind that is not known here."""
    try:
        return [jwt.PyJWK.from_dict(described)]
    except jwt.PyJWTError:
        return []


_keys_by_issuer: dict[str, Keys] = {}


def keys_of(issuer: str) -> Keys:
    """The keys of an issuer, shared by all that ask in this process."""
    return _keys_by_issuer.setdefault(issuer.rstrip("/"), Keys(issuer))


def verify_token(issuer: str, token: str, *, audience: str) -> dict[str, Any]:
    """The claims of a token that this issuer signed, for this audience, and that is still good.

    Raises:
        InvalidToken: anything is wrong with it.
        OutgoingFailed: the keys are needed and the provider does not answer.
    """
    try:
        header = jwt.get_unverified_header(token)
        key = keys_of(issuer).find(header)
        claims: dict[str, Any] = jwt.decode(
            token,
            key=key,
            algorithms=[header["alg"]],
            audience=audience,
            issuer=fetch_openid_config(issuer).get("issuer", issuer),
            leeway=LEEWAY_SECONDS,
            options={"require": ["exp", "iss", "aud"]},
        )
    except (jwt.PyJWTError, KeyError, TypeError, ValueError) as error:
        raise InvalidToken(type(error).__name__) from error
    return claims


def verify_id_token(issuer: str, token: str, *, client_id: str, nonce: str) -> dict[str, Any]:
    """The claims of an ID token made for this client, in answer to one login.

    Raises:
        InvalidToken: anything is wrong with it.
        OutgoingFailed: the keys are needed and the provider does not answer.
    """
    claims = verify_token(issuer, token, audience=client_id)
    if claims.get("nonce") != nonce:
        raise InvalidToken("made for another login")
    if (
        isinstance(claims["aud"], list)
        and len(claims["aud"]) > 1
        and claims.get("azp") != client_id
    ):
        raise InvalidToken("made for another client")
    return claims


def is_hopeless(issuer: str, token: str) -> bool:
    """Whether a token that nobody checked says itself that it is not signed, over, or of another
    issuer, who alone should be told of it.

    Opaque tokens say nothing.
    """
    try:
        header = jwt.get_unverified_header(token)
        claims = jwt.decode(token, options={"verify_signature": False})
        expires = float(claims.get("exp", "inf"))
    except (jwt.PyJWTError, ValueError, TypeError):
        return False
    is_unsigned = str(header.get("alg", "none")).lower() == "none"
    is_of_another = str(claims.get("iss", issuer)).rstrip("/") != issuer.rstrip("/")
    is_over = expires + LEEWAY_SECONDS < clock.now_ms() / 1000
    return is_unsigned or is_of_another or is_over
