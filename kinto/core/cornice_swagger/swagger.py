"""Face: the document builder of cornice-swagger."""

from cornice_swagger.swagger import (
    CorniceSwagger,
    CorniceSwaggerException,
    DefinitionHandler,
    ParameterHandler,
    ResponseHandler,
)

__all__ = [
    "CorniceSwagger",
    "CorniceSwaggerException",
    "DefinitionHandler",
    "ParameterHandler",
    "ResponseHandler",
]
