"""Every cap of the protocol, in one frozen value.

A cap exists so that no request can cost more than its author paid for. Those that operators may
change are settings; these are the protocol's own, shared by parser, storage and documentation.
"""

from __future__ import annotations

from dataclasses import dataclass

MAX_INTEGER = 2**63
"""Greatest number accepted in the query string (the bound of a signed 64 bit integer)."""

DAY_MS = 24 * 3600 * 1000
"""Milliseconds in a day: how far in the future a client may place a timestamp."""


@dataclass(frozen=True)
class Limits:
    """Caps of one server. Sizes are bytes unless the name says otherwise."""

    json_depth: int = 100
    """Levels of nested arrays and objects in any JSON text."""
    json_containers: int = 1_000_000
    """Opening brackets in any JSON text: an empty array takes thirty times its text in memory."""
    json_digits: int = 1000
    """Characters of one number in any JSON text."""
    body_bytes: int = 16 * 1024 * 1024
    """Size of a request body; more is a 413."""
    querystring_bytes: int = 64 * 1024
    """Size of the whole query string."""
    id_length: int = 1024
    """Characters of one object id."""
    uri_length: int = 8192
    """Characters of an object URI or a parent id pattern."""
    principal_length: int = 2048
    """Characters of one principal in a permission or a group."""
    filters: int = 50
    """Filters of one list request."""
    filter_values: int = 1000
    """Values of one `in_`, `exclude_` or `contains_` filter."""
    field_length: int = 512
    """Characters of a field name in a filter, a sort or a projection."""
    field_depth: int = 20
    """Dots of a field name in a filter, a sort or a projection."""
    like_stars: int = 20
    """Wildcards in one `like_` filter."""
    sorts: int = 20
    """Fields of one `_sort`."""
    fields: int = 200
    """Names in one `_fields`."""
    token_length: int = 64 * 1024
    """Characters of a page token."""
    batch_requests: int = 10_000
    """Requests of a batch when the setting puts no limit."""
    batch_path_length: int = 16 * 1024
    """Characters of the path of one request of a batch, query string included."""
    patch_operations: int = 1000
    """Operations of one JSON patch."""
    patch_size: int = 64 * 1024 * 1024
    """Memory that the values put by a JSON patch may take (each `copy` could double it)."""
    permission_principals: int = 10_000
    """Principals of all the permissions of one object."""


LIMITS = Limits()
"""The caps in force."""
