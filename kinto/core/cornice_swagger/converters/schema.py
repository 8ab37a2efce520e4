"""Face: type converters of cornice-swagger."""

from cornice_swagger.converters.schema import TypeConversionDispatcher, TypeConverter

__all__ = ["TypeConversionDispatcher", "TypeConverter"]
