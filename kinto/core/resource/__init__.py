"""Resources: kinds of objects with their endpoints."""

from kinto.core.events.kinds import ACTIONS
from kinto.core.protocol.terms import COMPARISON, MISSING, Filter, Sort
from kinto.core.resource import model, schema, viewset
from kinto.core.resource.base import Resource, ShareableResource
from kinto.core.resource.model import Model, ShareableModel
from kinto.core.resource.register import register, register_resource
from kinto.core.resource.schema import ResourceSchema
from kinto.core.resource.viewset import ShareableViewSet, ViewSet
from kinto.core.service import Service

__all__ = [
    "ACTIONS",
    "COMPARISON",
    "MISSING",
    "Filter",
    "Model",
    "Resource",
    "ResourceSchema",
    "Service",
    "ShareableModel",
    "ShareableResource",
    "ShareableViewSet",
    "Sort",
    "ViewSet",
    "model",
    "register",
    "register_resource",
    "schema",
    "viewset",
]
