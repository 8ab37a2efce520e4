"""Face: what the converters raise."""

from cornice_swagger.converters.exceptions import ConversionError, NoSuchConverter

__all__ = ["ConversionError", "NoSuchConverter"]
