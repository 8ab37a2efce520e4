"""docs/plugins/webhooks.md, followed word for word: the receiver's side too."""

from __future__ import annotations

import json
import re

from kinto.plugins.webhooks.settings import Hook, WebhooksSettings
from tests.plugins import pages
from tests.plugins.webhooks.conftest import round_of


def test_the_page_is_followed_and_its_receiver_accepts_what_arrives(make_app, receiver):
    settings = pages.settings_of("webhooks")
    here = {
        "webhooks.deliver": False,
        "webhooks.allow_private": True,
        "webhooks.orders.url": receiver.url + "/hooks/kinto",
    }
    app = make_app(**{**settings, **here})
    pages.follow(app, "webhooks")
    assert round_of(app) == 1
    (received,) = receiver.received
    (snippet,) = pages.blocks("webhooks", "python")
    side = {}
    exec(snippet, side)
    secret, header = settings["webhooks.orders.secret"], received.headers["x-kinto-signature"]
    assert side["is_genuine"](secret, header, received.body)
    assert not side["is_genuine"](secret, header, received.body + b" ")
    assert not side["is_genuine"]("another", header, received.body)
    old = re.sub(r"t=\d+", "t=1700000000", header)
    assert not side["is_genuine"](secret, old, received.body)


def test_the_delivery_on_the_page_has_the_shape_of_a_real_one(make_app, receiver):
    settings = pages.settings_of("webhooks")
    here = {
        "webhooks.deliver": False,
        "webhooks.allow_private": True,
        "webhooks.orders.url": receiver.url + "/hooks/kinto",
    }
    app = make_app(**{**settings, **here})
    pages.follow(app, "webhooks")
    round_of(app)
    shown = json.loads(pages.blocks("webhooks", "json")[0])
    told = json.loads(receiver.received[0].body)
    assert shown["hook"] == told["hook"]
    (shown_event,), (told_event,) = shown["events"], told["events"]
    assert list(shown_event) == list(told_event)
    varying = {"id", "date", "last_modified", "user_id", "new"}
    assert {k: v for k, v in shown_event.items() if k not in varying} == {
        k: v for k, v in told_event.items() if k not in varying
    }
    assert set(shown_event["new"]) == set(told_event["new"])


def test_the_page_lists_the_settings():
    assert pages.declared_in("webhooks", WebhooksSettings) == []
    assert pages.declared_in("webhooks", Hook) == []
