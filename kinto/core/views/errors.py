"""Exception views: the JSON answer to whatever a request raised."""

from __future__ import annotations

import logging
from typing import Any

from pyramid import httpexceptions
from pyramid.authorization import Authenticated
from pyramid.security import forget
from pyramid.view import exception_view_config, forbidden_view_config, notfound_view_config

from kinto.core.http import failures
from kinto.core.http.cors import reapply_cors
from kinto.core.http.failures import ERRORS, http_error
from kinto.core.http.last_resort import log_failure
from kinto.core.http.redirects import TrailingSlashRedirection
from kinto.core.storage.exceptions import BackendError

logger = logging.getLogger()


@forbidden_view_config()
def authorization_required(response: Any, request: Any) -> Any:
    """401 for whoever has not said who they are, 403 for the others."""
    if response.content_type == "application/json" and response.has_body:
        return reapply_cors(request, response)  # A view has already said what is wrong.
    if Authenticated in request.prefixed_principals:
        answer = http_error(
            httpexceptions.HTTPForbidden(), errno=ERRORS.FORBIDDEN, message=failures.REFUSED
        )
    else:
        answer = http_error(
            httpexceptions.HTTPUnauthorized(),
            errno=ERRORS.MISSING_AUTH_TOKEN,
            message=failures.UNAUTHENTICATED,
        )
        answer.headers.extend(forget(request))
    return reapply_cors(request, answer)


@notfound_view_config()
def page_not_found(response: Any, request: Any) -> Any:
    """404 for unknown URLs, unless a trailing slash explains them."""
    if response.content_type == "application/json" and response.has_body:
        return reapply_cors(request, response)
    prefix = request.registry.route_prefix
    if not request.path_info.startswith(f"/{prefix}"):
        return reapply_cors(request, failures.not_found_version())
    # Also when a view of a plugin found nothing: its URL may be the one with a slash too many.
    settings = request.registry.settings
    redirection = TrailingSlashRedirection.from_settings(settings, prefix).answer(request)
    if redirection is not None:
        return redirection
    return reapply_cors(request, failures.not_found_url())


@exception_view_config(httpexceptions.HTTPMethodNotAllowed)
def method_not_allowed(context: Any, request: Any) -> Any:
    """405 in the envelope, keeping `Allow`."""
    if context.content_type == "application/json" and context.has_body:
        return reapply_cors(request, context)
    answer = failures.method_not_allowed(context.headers.get("Allow"))
    return reapply_cors(request, answer)


@exception_view_config(BackendError)
def service_unavailable(context: Any, request: Any) -> Any:
    """503, or 409 when two writes excluded each other."""
    return _answer(context, request)


# Pyramid has a view of its own for HTTP exceptions, which the general one would not replace.
@exception_view_config(httpexceptions.HTTPException)
@exception_view_config(Exception)
def error(context: Any, request: Any) -> Any:
    """Everything else: HTTP exceptions as they are, the unexpected as a 500."""
    return _answer(context, request)


def _answer(failure: Any, request: Any) -> Any:
    log_failure(failure, request, logger=logger)
    answer = failures.answer(failure, settings=request.registry.settings)
    return reapply_cors(request, answer)
