"""`kinto.core.Service`: a cornice service with the errors, renderer and CORS of this server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from cornice.service import Service as CorniceService

from kinto.core.http import cors
from kinto.core.http.failures import json_error_handler

View = TypeVar("View", bound=Callable[..., Any])


class Service(CorniceService):  # type: ignore[misc]
    """A URL and its methods; see the documentation of extensions.

    Class attributes `renderer`, `cors_origins` and `cors_max_age` come from the settings. They
    are read when a service is made, but origins and age are read again when it is registered, so
    that services made before the settings were known (at import) follow them too.
    """

    renderer = "ultrajson"
    default_cors_headers = cors.EXPOSED
    own_cors_origins: tuple[str, ...] | None = None

    def error_handler(self, request: Any) -> Any:
        """The 400 that lists `request.errors`."""
        return json_error_handler(request)

    def get_arguments(self, conf: dict[str, Any] | None = None) -> dict[str, Any]:
        if self.own_cors_origins is None:
            # First call, from the constructor: what was asked for this service alone.
            self.own_cors_origins = tuple((conf or {}).get("cors_origins") or ())
        return super().get_arguments(conf)  # type: ignore[no-any-return]

    @classmethod
    def init_from_settings(cls, settings: Mapping[str, Any]) -> None:
        """Take the class attributes from the settings."""
        cls.cors_origins = tuple(cors.origins_of(settings))
        cls.cors_max_age = cors.max_age_of(settings)
        cls.renderer = settings["json_renderer"]

    if TYPE_CHECKING:
        # cornice makes these for each method; what they decorate stays what it is.
        def get(self, **kwargs: Any) -> Callable[[View], View]: ...
        def post(self, **kwargs: Any) -> Callable[[View], View]: ...
        def put(self, **kwargs: Any) -> Callable[[View], View]: ...
        def patch(self, **kwargs: Any) -> Callable[[View], View]: ...
        def delete(self, **kwargs: Any) -> Callable[[View], View]: ...
        def options(self, **kwargs: Any) -> Callable[[View], View]: ...
        def head(self, **kwargs: Any) -> Callable[[View], View]: ...
