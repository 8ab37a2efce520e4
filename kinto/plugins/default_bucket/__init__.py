"""A personal bucket for each authenticated user, reachable as `/buckets/default`."""

from __future__ import annotations

from typing import Any

from pyramid.events import NewRequest

from kinto.core.settings import UnsafeSecret
from kinto.plugins.default_bucket.alias import (
    DefaultBucketSettings,
    default_bucket,
    default_bucket_id,
    get_user_info,
    meant_uri,
    on_new_request,
)
from kinto.plugins.default_bucket.creation import (
    create_bucket,
    create_collection,
    resource_create_object,
)

__all__ = [
    "DefaultBucketSettings",
    "create_bucket",
    "create_collection",
    "default_bucket",
    "default_bucket_id",
    "get_user_info",
    "includeme",
    "resource_create_object",
]

_VOLATILE = ("", "kinto.core.storage.memory")


def includeme(config: Any) -> None:
    """Enable the alias.

    Raises:
        UnsafeSecret: the server keeps data and the key of bucket ids is empty.
    """
    settings = config.get_settings()
    secret = DefaultBucketSettings.from_mapping(settings).default_bucket_hmac_secret
    if not secret and (settings.get("storage_backend") or "") not in _VOLATILE:
        problem = "is empty, so anybody can compute the ids of personal buckets"
        raise UnsafeSecret("default_bucket_hmac_secret", problem)
    config.add_api_capability(
        "default_bucket",
        description="The default bucket is an alias for a personal bucket where "
        "collections are created implicitly.",
        url="https://kinto.readthedocs.io/en/latest/api/1.x/buckets.html#personal-bucket-default",
    )
    config.add_request_method(default_bucket_id, reify=True)
    config.add_request_method(get_user_info)
    config.add_uri_alias(meant_uri)
    config.add_subscriber(on_new_request, NewRequest)
