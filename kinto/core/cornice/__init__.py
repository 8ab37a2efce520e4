"""Face: the published cornice, with our registration of services."""

from cornice.errors import Errors
from cornice.renderer import CorniceRenderer
from cornice.service import Service

from kinto.core.cornice.registration import includeme

__all__ = ["CorniceRenderer", "Errors", "Service", "includeme"]
