"""Face: the toolbox of extensions. Our own code imports the rooms."""

from typing import Any

from kinto.core.authentication.identity import (
    deprecated_effective_principals,
    prefixed_principals,
    prefixed_userid,
)
from kinto.core.http.cors import reapply_cors
from kinto.core.http.lookup import (
    current_resource_name,
    current_service,
    instance_uri,
    strip_uri_prefix,
    view_lookup,
    view_lookup_registry,
)
from kinto.core.http.subrequests import build_request, build_response, follow_subrequest
from kinto.core.observability.logs import log_context
from kinto.core.protocol.mappings import (
    dict_merge,
    dict_subset,
    find_nested_value,
    merge_dicts,
    recursive_update_dict,
    strip_whitespace,
)
from kinto.core.protocol.patching import patch_annotated_object as apply_json_patch
from kinto.core.protocol.terms import COMPARISON
from kinto.core.runtime.clock import msec_time
from kinto.core.runtime.optional import optional_import
from kinto.core.runtime.randomness import random_hex as random_bytes_hex
from kinto.core.runtime.secrets import hmac_digest
from kinto.core.runtime.text import classname, decode64, encode64, json, json_serializer, safe_wraps
from kinto.core.settings.loading import native_value, read_env

__all__ = [
    "COMPARISON",
    "apply_json_patch",
    "build_request",
    "build_response",
    "classname",
    "current_resource_name",
    "current_service",
    "decode64",
    "deprecated_effective_principals",
    "dict_merge",
    "dict_subset",
    "encode64",
    "find_nested_value",
    "follow_subrequest",
    "hmac_digest",
    "instance_uri",
    "json",
    "json_serializer",
    "log_context",
    "merge_dicts",
    "msec_time",
    "native_value",
    "prefixed_principals",
    "prefixed_userid",
    "random_bytes_hex",
    "read_env",
    "reapply_cors",
    "recursive_update_dict",
    "safe_wraps",
    "strip_uri_prefix",
    "strip_whitespace",
    "view_lookup",
    "view_lookup_registry",
]

_OPTIONAL = ("memcache", "redis", "sqlalchemy")


def __getattr__(name: str) -> Any:
    """The optional libraries, imported when somebody looks: the module, or None."""
    if name in _OPTIONAL:
        return globals().setdefault(name, optional_import(name))
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
