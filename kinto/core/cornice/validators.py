"""Face: validators for services."""

from cornice.validators import (
    DEFAULT_FILTERS,
    DEFAULT_VALIDATORS,
    colander_body_validator,
    colander_headers_validator,
    colander_path_validator,
    colander_querystring_validator,
    marshmallow_body_validator,
    marshmallow_headers_validator,
    marshmallow_path_validator,
    marshmallow_querystring_validator,
    marshmallow_validator,
)

from kinto.core.cornice.validation import colander_validator, extract_cstruct

__all__ = [
    "DEFAULT_FILTERS",
    "DEFAULT_VALIDATORS",
    "colander_body_validator",
    "colander_headers_validator",
    "colander_path_validator",
    "colander_querystring_validator",
    "colander_validator",
    "extract_cstruct",
    "marshmallow_body_validator",
    "marshmallow_headers_validator",
    "marshmallow_path_validator",
    "marshmallow_querystring_validator",
    "marshmallow_validator",
]
