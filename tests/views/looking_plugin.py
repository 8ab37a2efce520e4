"""What looks for the context of a request once it is answered, in the way that a setting names."""

from __future__ import annotations

from pyramid.events import NewRequest


def includeme(config):
    way = config.get_settings()["looking"]
    looked_at = config.registry.looked_at = []

    def look(request, response=None):
        looked_at.append(request.context.object_uri)

    def on_request(event):
        if way == "callback":
            event.request.add_response_callback(look)
        else:
            event.request.add_finished_callback(look)

    if way == "tween":
        config.registry.look = look
        config.add_tween("tests.views.looking_plugin.tween_factory")
    else:
        config.add_subscriber(on_request, NewRequest)


def tween_factory(handler, registry):
    def tween(request):
        response = handler(request)
        if getattr(request, "context", None) is not None:
            registry.look(request)
        return response

    return tween
