"""`/buckets/default` stands for the caller's own bucket: the path is rewritten before routing.

From there on nothing knows of the alias, so every rule holds on it as on the bucket: schemas,
permissions, preconditions, events, page tokens. Only a whole path segment is the alias.
"""

from __future__ import annotations

import re
from typing import Any

from pyramid.httpexceptions import HTTPForbidden, HTTPMethodNotAllowed

import kinto.core
from kinto.core.http.bystanders import cares_for_items
from kinto.core.settings import Section, asbool, field
from kinto.core.utils import hmac_digest, json, strip_uri_prefix
from kinto.plugins.default_bucket.creation import create_missing

ALIAS = "/buckets/default"

_ALIASED = re.compile(r"/buckets/default(?=/|\Z)")


class DefaultBucketSettings(Section, title="Personal bucket"):
    """The key that makes the ids of personal buckets."""

    default_bucket_hmac_secret: str = field("", help="Key of the ids of personal buckets.")


def default_bucket_id(request: Any) -> str:
    """Id of the caller's bucket: the HMAC of the prefixed user id, cut to the shape of a UUID."""
    settings = DefaultBucketSettings.from_mapping(request.registry.settings)
    digest = hmac_digest(settings.default_bucket_hmac_secret, request.prefixed_userid)
    return "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32]))


def get_user_info(request: Any) -> dict[str, Any]:
    """What the root document tells users about themselves, with the id of their bucket."""
    return {**kinto.core.get_user_info(request), "bucket": request.default_bucket_id}


def meant_uri(request: Any, uri: str) -> str:
    """The URI that a request means; the same one for callers without identity."""
    if _ALIASED.match(uri) is None or request.authenticated_userid is None:
        return uri
    return f"/buckets/{request.default_bucket_id}{uri[len(ALIAS) :]}"


@cares_for_items(whose_path_has="/default")
def on_new_request(event: Any) -> None:
    """Subscriber: rewrite the path of aliased requests, and make what they take for granted."""
    # Most requests are not about the alias: a look at the raw path is enough to know.
    if "/default" in event.request.environ.get("PATH_INFO", ""):
        default_bucket(event.request)


def default_bucket(request: Any) -> None:
    """Turn a request to the alias into one to the caller's bucket.

    Raises:
        HTTPForbidden: anonymous caller; it is answered as 401.
        HTTPMethodNotAllowed: the server is read-only.
        HTTPBadRequest: what the path names cannot be a collection.
    """
    path = request.path_info
    prefix = f"/{request.registry.route_prefix}"
    # A trailing slash is redirected, a preflight is answered, on the path as it was sent.
    if not path.startswith(f"{prefix}{ALIAS}") or path.endswith("/") or request.method == "OPTIONS":
        return
    uri = strip_uri_prefix(path)
    if _ALIASED.match(uri) is None:
        return
    if request.authenticated_userid is None:
        raise HTTPForbidden
    if asbool(request.registry.settings.get("readonly")):
        raise HTTPMethodNotAllowed
    bucket_id = request.default_bucket_id
    request.sent_path = path
    request.path_info = prefix + meant_uri(request, uri)
    subpath = uri[len(ALIAS) + 1 :]
    create_missing(request, bucket_id, subpath=subpath)
    if not subpath and request.body:
        _replace_id(request, bucket_id)


def _replace_id(request: Any, bucket_id: str) -> None:
    """Clients that send the id of the URL in the body send `default`."""
    try:
        body = request.json
        if body["data"]["id"] != "default":
            return
    except (ValueError, KeyError, TypeError):
        return  # Whatever is wrong with this body, the bucket's endpoint will say.
    body["data"]["id"] = bucket_id
    request.body = json.dumps(body).encode("utf-8")
