"""Authentication policies of the core."""

from kinto.core.authentication.basicauth import BasicAuthAuthenticationPolicy, includeme

__all__ = ["BasicAuthAuthenticationPolicy", "includeme"]
