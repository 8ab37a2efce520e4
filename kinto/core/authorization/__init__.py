"""Who may do what: the request's context and the decision."""

from kinto.core.authorization.context import RouteFactory
from kinto.core.authorization.decision import bound_permissions
from kinto.core.authorization.narrowing import (
    Narrowing,
    accessible_objects,
    narrow,
    narrowing_of,
)
from kinto.core.authorization.policy import AuthorizationPolicy, logger
from kinto.core.authorization.principals import DYNAMIC, PRIVATE, groupfinder
from kinto.core.http import lookup as utils

__all__ = [
    "DYNAMIC",
    "PRIVATE",
    "AuthorizationPolicy",
    "Narrowing",
    "RouteFactory",
    "accessible_objects",
    "bound_permissions",
    "groupfinder",
    "logger",
    "narrow",
    "narrowing_of",
    "utils",
]
