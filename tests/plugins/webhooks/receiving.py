"""The receiver's side, as docs/plugins/webhooks.md tells it."""

from __future__ import annotations

import hashlib
import hmac
import json

SECRET = "a secret of two servers"


def verified(received, *, now=None):
    """The events of a delivery whose signature holds; `now` in seconds checks its age, too."""
    parts = dict(item.split("=", 1) for item in received.headers["x-kinto-signature"].split(","))
    expected = hmac.new(
        SECRET.encode(), parts["t"].encode() + b"." + received.body, hashlib.sha256
    ).hexdigest()
    assert hmac.compare_digest(expected, parts["v1"])
    assert now is None or abs(now - int(parts["t"])) < 300
    return json.loads(received.body)["events"]


def events_of(receiver):
    """All events that arrived, in order, repeated ones too."""
    return [event for received in list(receiver.received) for event in verified(received)]
