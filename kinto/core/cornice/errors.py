"""Face: the list of errors of a request."""

from cornice.errors import Errors

__all__ = ["Errors"]
