"""Deliveries: signed, in order, at least once, whatever the receiver does."""

from __future__ import annotations

import itertools
import time

import pytest

from kinto.plugins.webhooks import background, delivery, outbox
from tests.plugins.webhooks.receiving import events_of, verified


def numbers(receiver, collection="c"):
    return [
        event["new"]["n"]
        for event in events_of(receiver)
        if event["resource_name"] == "record" and event["collection_id"] == collection
    ]


def refuse(status, **headers):
    return lambda to, received: to.reply(status, **headers)


def test_a_delivery_is_signed_and_dated(put, deliver, receiver):
    put(1)
    deliver()
    (received,) = receiver.received
    assert verified(received, now=time.time())
    assert received.method == "POST" and received.path == "/hook?token=t0ken"
    assert received.headers["content-type"] == "application/json"


def test_what_was_delivered_is_not_delivered_again(put, deliver, receiver):
    put(1)
    assert (deliver(), deliver()) == (1, 0)
    put(2)
    assert deliver() == 1
    assert numbers(receiver) == [1, 2]


def test_a_backlog_arrives_in_order(put, deliver, receiver):
    for number in range(delivery.AT_ONCE + 5):
        put(number)
    assert deliver() == delivery.AT_ONCE + 5
    assert numbers(receiver) == list(range(delivery.AT_ONCE + 5))
    assert len(receiver.received) == 2


def test_a_delivery_is_not_larger_than_it_should(put, deliver, receiver, monkeypatch):
    monkeypatch.setattr(delivery, "MAX_BYTES", 1000)
    for number in range(6):
        put(number)
    deliver()
    assert numbers(receiver) == list(range(6))
    assert len(receiver.received) > 1
    assert all(len(item.body) < 1300 for item in receiver.received)


@pytest.mark.parametrize("status", [199, 301, 302, 400, 404, 410, 429, 500, 503])
def test_only_2xx_is_success(put, deliver, receiver, later, status):
    put(1)
    receiver.answer = refuse(status if status != 199 else 304)
    assert deliver() == 0
    receiver.answer = refuse(204)
    later(10)
    assert deliver() == 1
    assert numbers(receiver) == [1, 1]


def test_a_refused_list_waits_longer_each_time(put, deliver, receiver, later):
    put(1)
    receiver.answer = refuse(400)
    attempts = []
    for second in range(40):
        deliver()
        if len(receiver.received) > len(attempts):
            attempts.append(second)
        later(1)
    gaps = [after - before for before, after in itertools.pairwise(attempts)]
    assert gaps == sorted(gaps) and 4 <= len(attempts) <= 7


def test_waits_have_an_end_and_some_chance():
    waits = {delivery._backoff(30, longest=300) for _ in range(20)}
    assert len(waits) > 1 and all(150 <= wait <= 300 for wait in waits)
    assert 0.5 <= delivery._backoff(1, longest=300) <= 1


def test_the_receiver_may_ask_to_wait(put, deliver, receiver, later):
    put(1)
    receiver.answer = refuse(429, Retry_After="100")
    deliver()
    later(90)
    deliver()
    assert len(receiver.received) == 1
    later(20)
    deliver()
    assert len(receiver.received) == 2


def test_a_poisonous_event_holds_up_its_own_collection_only(
    app, put, deliver, receiver, later, ann
):
    app.put_json("/buckets/b/collections/d", headers=ann)
    deliver()
    receiver.received.clear()
    put(13)
    put(14)
    put(15, collection="d")
    receiver.answer = lambda to, got: to.reply(400 if b'"n":13' in got.body else 200)
    for _ in range(3):
        deliver()
        later(10)
    assert numbers(receiver, "d") == [15]
    assert set(numbers(receiver)) == {13, 14}
    receiver.answer = refuse(200)
    receiver.received.clear()
    later(60)
    deliver()
    assert numbers(receiver) == [13, 14]


def test_nobody_listening_pauses_the_hook(app, put, deliverer, receiver, later, settings, ann):
    for collection in "defgh":
        app.put_json(f"/buckets/b/collections/{collection}", headers=ann)
    receiver.answer = refuse(503)
    deliverer.run()
    deliverer.run()
    assert len(receiver.received) == 1
    receiver.answer = refuse(200)
    later(10)
    assert deliverer.run() == 5


def test_what_is_refused_for_days_becomes_a_dead_letter(app, put, deliver, receiver, later):
    put(1)
    receiver.answer = refuse(400)
    deliver()
    later(4 * 86400)
    put(2)
    deliver()
    storage = app.registry.storage
    (letter,) = outbox.dead_letters(storage, "orders")
    assert letter["event"]["new"]["n"] == 1 and letter["reason"] == "answered 400"
    receiver.answer = refuse(200)
    receiver.received.clear()
    later(400)
    assert deliver() == 1
    assert numbers(receiver) == [2]
    assert outbox.retry(storage, "orders") == 1
    assert deliver() == 1
    assert numbers(receiver) == [2, 1]
    assert outbox.dead_letters(storage, "orders") == []


def test_dead_letters_can_be_dropped(app, put, deliver, receiver, later):
    put(1)
    receiver.answer = refuse(400)
    later(4 * 86400)
    deliver()
    later(4 * 86400)
    deliver()
    assert outbox.drop(app.registry.storage, "orders", ids=["another"]) == 0
    assert outbox.drop(app.registry.storage, "orders") == 1
    assert deliver() == 0


def test_one_deliverer_at_a_time(app, put, receiver, later):
    put(1)
    (first,), (second,) = background.deliverers(app.registry), background.deliverers(app.registry)
    assert first.run() == 1
    put(2)
    assert second.run() == 0
    later(60)
    assert second.run() == 1
    put(3)
    assert first.run() == 0
    second.lease.release()
    assert first.run() == 1
    assert numbers(receiver) == [1, 2, 3]
    first.lease.release()


def test_a_private_address_is_refused_unless_it_is_allowed(make_app, settings, ann, receiver):
    name = receiver.url.replace("127.0.0.1", "localhost")
    app = make_app(**{**settings, "webhooks.allow_private": False, "webhooks.orders.url": name})
    app.put_json("/buckets/b", headers=ann)
    (deliverer,) = background.deliverers(app.registry)
    assert deliverer.run() == 0
    assert receiver.received == []
    deliverer.lease.release()


def test_an_idle_hook_only_reads(app, put, deliver, monkeypatch):
    put(1)
    deliver()
    (deliverer,) = background.deliverers(app.registry)
    deliverer.run()
    storage = app.registry.storage
    for name in ("create", "update", "delete", "delete_all", "lock_parent", "purge_deleted"):
        monkeypatch.setattr(storage, name, None)
    assert [deliverer.run() for _ in range(3)] == [0, 0, 0]


def test_lists_of_long_ago_are_forgotten(app, put, deliverer, later):
    put(1)
    deliverer.run()
    deliverer.run()
    assert outbox.lists(app.registry.storage, "orders")
    later(30 * 86400)
    deliverer.run()
    assert outbox.lists(app.registry.storage, "orders") == {}
    put(2)
    assert deliverer.run() == 1


def test_refusals_are_logged_without_secrets(put, deliver, receiver, caplog):
    put(1)
    receiver.answer = refuse(500)
    deliver()
    receiver.answer = lambda to, got: to.wfile.write(b"nonsense\r\n\r\n")
    deliver()
    assert "was not delivered" in caplog.text
    assert "t0ken" not in caplog.text and "a secret of two servers" not in caplog.text
