"""A plugin of the tests that refuses changes of records when a header asks for it."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPForbidden

from kinto.core.events import ResourceChanged


def refuse(event: Any) -> None:
    if event.request.headers.get("X-Refuse"):
        raise HTTPForbidden


def includeme(config: Any) -> None:
    config.add_subscriber(refuse, ResourceChanged, for_resources=("record",))
