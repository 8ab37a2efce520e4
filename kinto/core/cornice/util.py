"""Face: small functions of cornice."""

from cornice.util import (
    ContentTypePredicate,
    content_type_matches,
    current_service,
    func_name,
    is_string,
    match_accept_header,
    match_content_type_header,
    to_list,
)

__all__ = [
    "ContentTypePredicate",
    "content_type_matches",
    "current_service",
    "func_name",
    "is_string",
    "match_accept_header",
    "match_content_type_header",
    "to_list",
]
