"""New passwords are hashed when a request arrives, before it locks anything.

What is hashed here is a guess at what the request will store; the resource takes the hash, or
makes it in the rare case that the guess was wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kinto.core.http.bystanders import cares_for_items
from kinto.plugins.accounts.settings import accounts_settings
from kinto.plugins.accounts.utils import hash_password

HASHES = "accounts_hashes"
"""Key in `request.bound_data`: password -> hashes made of it, each for one account."""

_WRITES = ("POST", "PUT", "PATCH")


@cares_for_items()
def on_new_request(event: Any) -> None:
    """Subscriber: hash the passwords that a request brings."""
    request = event.request
    path = request.environ.get("PATH_INFO", "")
    if request.method not in _WRITES or hasattr(request, "parent"):
        return
    # Nothing but these: below other paths may be files, which are not to be read here.
    root = f"/{request.registry.route_prefix}"
    if path == f"{root}/accounts" or path.startswith(f"{root}/accounts/"):
        bodies = [_json_of(request)]
    elif path == f"{root}/batch":
        bodies = list(_bodies_of_batch(_json_of(request)))
    else:
        return
    passwords = [found for body in bodies for found in _passwords(body)]
    if passwords and _may_write(request):
        rounds = accounts_settings(request.registry).bcrypt_rounds
        made = request.bound_data.setdefault(HASHES, {})
        for password in passwords[: _most(request)]:
            made.setdefault(password, []).append(hash_password(password, rounds=rounds))


def hash_of(request: Any, password: str) -> str:
    """The hash to store for a password."""
    made = request.bound_data.get(HASHES, {}).get(password)
    if made:
        return str(made.pop())
    rounds = accounts_settings(request.registry).bcrypt_rounds
    return hash_password(password, rounds=rounds)


def _may_write(request: Any) -> bool:
    """Whether it is worth the time: callers who will be refused anyway get no hash."""
    settings = accounts_settings(request.registry)
    held = set(request.prefixed_principals)
    named = {*settings.create_principals, *settings.write_principals}
    return request.authenticated_userid is not None or not held.isdisjoint(named)


def _most(request: Any) -> int:
    return int(request.registry.settings.get("batch_max_requests") or 25)


def _json_of(request: Any) -> Any:
    body = request.body
    if b"password" not in body and b"\\u" not in body:
        return None  # Most batches: not worth parsing twice.
    try:
        return request.json
    except ValueError:
        return None  # The endpoint will say what is wrong with it.


def _bodies_of_batch(body: Any) -> Iterator[Any]:
    if not isinstance(body, dict) or not isinstance(body.get("requests"), list):
        return
    defaults = body.get("defaults")
    common = defaults if isinstance(defaults, dict) else {}
    for item in body["requests"]:
        if isinstance(item, dict) and "accounts" in str(item.get("path", common.get("path"))):
            yield item.get("body", common.get("body"))


def _passwords(body: Any) -> Iterator[str]:
    """Passwords in a body: an envelope, or the operations of a JSON patch."""
    operations = body if isinstance(body, list) else [body]
    for item in operations:
        if not isinstance(item, dict):
            continue
        data = item.get("data")
        value = data.get("password") if isinstance(data, dict) else None
        if item.get("path") == "/data/password":
            value = item.get("value")
        if isinstance(value, str) and value:
            yield value
