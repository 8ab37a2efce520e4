"""What has a say in every answer about a record, in the way that a setting names: a plugin, or
somebody who changes an application that was made.
"""

from __future__ import annotations

from pyramid.config import Configurator
from pyramid.events import BeforeRender, ContextFound, NewRequest, NewResponse
from pyramid.response import Response

HEADER = "X-Meddled"
LATER = ("view", "view_with_predicate")


def includeme(config):
    way = config.get_settings()["meddling"]
    if way not in LATER:
        globals()[f"_by_{way}"](config)


def come_later(registry):
    way = registry.settings["meddling"]
    if way in LATER and "is_meddled_with" not in vars(registry):
        registry.is_meddled_with = True
        config = Configurator(registry=registry)
        globals()[f"_by_{way}"](config)
        config.commit()


def _by_view(config):
    _add_views(config)


def _by_view_with_predicate(config):
    _add_views(config, header="Authorization")


def _add_views(config, **predicates):
    json_only = ("application/json",)
    for method, more in (("GET", {}), ("PUT", {"body_types": json_only})):
        config.add_view(
            lambda request: Response(json_body={}, headers={HEADER: "1"}),
            route_name="record-object",
            request_method=method,
            acceptable_types=json_only,
            **more,
            **predicates,
        )


def _by_deriver(config):
    def deriver(view, info):
        def derived(context, request):
            response = view(context, request)
            response.headers[HEADER] = "1"
            return response

        return derived

    config.add_view_deriver(deriver, name="meddling")


def _by_new_request(config):
    def meddle(event):
        event.request.response.headers[HEADER] = "1"

    config.add_subscriber(meddle, NewRequest)


def _by_context_found(config):
    def meddle(event):
        event.request.response.headers[HEADER] = "1"

    config.add_subscriber(meddle, ContextFound)


def _by_new_response(config):
    def meddle(event):
        event.response.headers[HEADER] = "1"

    config.add_subscriber(meddle, NewResponse)


def _by_before_render(config):
    def meddle(event):
        event["request"].response.headers[HEADER] = "1"

    config.add_subscriber(meddle, BeforeRender)
