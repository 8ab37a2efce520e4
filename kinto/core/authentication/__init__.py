"""Authentication policies of the core."""

from kinto.core.authentication.basicauth import BasicAuthAuthenticationPolicy, includeme
from kinto.core.authentication.bearer import OWN_PREFIX, is_own

__all__ = ["OWN_PREFIX", "BasicAuthAuthenticationPolicy", "includeme", "is_own"]
