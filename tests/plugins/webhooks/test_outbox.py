"""What is noted for delivery: the changes that last, with what the settings let out."""

from __future__ import annotations

import pytest

from kinto.plugins.webhooks import background
from tests.plugins.webhooks.conftest import B, C, round_of
from tests.plugins.webhooks.receiving import events_of

R = f"{C}/records/r"


def test_a_change_is_told_with_what_was_and_what_is(put, deliver, receiver):
    before = put(1)
    after = put(2)
    deliver()
    created, updated = events_of(receiver)
    assert created["action"] == "create" and updated["action"] == "update"
    assert (created["new"], created["old"]) == (before, None)
    assert (updated["new"], updated["old"]) == (after, before)
    assert updated["uri"] == R and updated["last_modified"] == after["last_modified"]
    assert (updated["bucket_id"], updated["collection_id"], updated["record_id"]) == ("b", "c", "r")
    assert updated["resource_name"] == "record" and updated["user_id"].startswith("basicauth:")
    assert created["id"] != updated["id"]


def test_every_kind_of_object_is_told(hooked, receiver, ann):
    app = hooked()
    app.put_json(f"{B}/groups/g", {"data": {"members": []}}, headers=ann)
    app.put_json(R, headers=ann)
    app.delete(f"{C}/records", headers=ann)
    app.delete(B, headers=ann)
    round_of(app)
    told = {(event["resource_name"], event["action"]) for event in events_of(receiver)}
    assert told == {
        ("bucket", "create"),
        ("collection", "create"),
        ("group", "create"),
        ("record", "create"),
        ("record", "delete"),
        ("bucket", "delete"),
    }


def test_events_outlive_the_bucket_they_are_about(app, put, deliver, receiver, ann):
    put(1)
    app.delete(B, headers=ann)
    assert deliver() == 2
    assert sorted(event["action"] for event in events_of(receiver)) == ["create", "delete"]


def test_a_refused_request_is_not_told(app, deliver, receiver, ann):
    app.put_json(R, {"data": {"n": 1}}, headers={**ann, "If-Match": '"1"'}, status=412)
    requests = [
        {"method": "PUT", "path": R},
        {"method": "PUT", "path": "/buckets/strange/collections/c/records/r"},
    ]
    app.post_json("/batch", {"requests": requests}, headers=ann)
    deliver()
    assert [event["uri"] for event in events_of(receiver)] == [R]


def test_a_batch_is_told_in_the_order_in_which_it_was_done(app, deliver, receiver, ann):
    requests = [
        {"method": "PUT", "path": R, "body": {"data": {"n": 1}}},
        {"method": "DELETE", "path": R},
        {"method": "PUT", "path": R, "body": {"data": {"n": 2}}},
        {"method": "PATCH", "path": R, "body": {"data": {"n": 3}}},
    ]
    app.post_json("/batch", {"requests": requests}, headers=ann)
    deliver()
    actions = [event["action"] for event in events_of(receiver)]
    assert actions == ["create", "delete", "create", "update"]
    assert events_of(receiver)[-1]["new"]["n"] == 3


def test_permissions_are_no_part_of_what_is_told(app, deliver, receiver, ann):
    app.put_json(R, {"permissions": {"read": ["system.Everyone"]}}, headers=ann)
    deliver()
    (event,) = events_of(receiver)
    assert set(event["new"]) == {"id", "last_modified"}


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("resources", "bucket", [B]),
        ("actions", "update delete", [R, R]),
        ("uris", C, [C, R, R, R]),
        ("uris", "/buckets/b/collections/cc /buckets/a", []),
        ("resources", "record group", [R, R, R]),
    ],
)
def test_a_hook_is_told_what_it_asked_for(hooked, receiver, ann, option, value, told):
    app = hooked(**{f"webhooks.orders.{option}": value})
    app.put_json(R, headers=ann)
    app.put_json(R, headers=ann)
    app.delete(R, headers=ann)
    round_of(app)
    assert [event["uri"] for event in events_of(receiver)] == told


def test_a_hook_may_be_told_of_changes_without_their_content(hooked, receiver, ann):
    app = hooked(**{"webhooks.orders.payload": "reference"})
    app.put_json(R, {"data": {"n": "s3cret"}}, headers=ann)
    round_of(app)
    assert [event["uri"] for event in events_of(receiver)][-1] == R
    assert all(b"s3cret" not in item.body for item in receiver.received)
    assert not {"new", "old"} & set(events_of(receiver)[-1])


def test_every_hook_gets_its_own_copy(hooked, receiver, settings, ann):
    more = {
        "webhooks": "orders audit",
        "webhooks.audit.url": f"{receiver.url}/audit",
        "webhooks.audit.secret": settings["webhooks.orders.secret"],
    }
    app = hooked(**more)
    assert [deliverer.run() for deliverer in background.deliverers(app.registry)] == [2, 2]
    assert {item.headers["x-kinto-hook"] for item in receiver.received} == {"orders", "audit"}


@pytest.mark.parametrize(
    "path",
    [
        "/webhooks",
        "/webhooks/orders",
        "/webhooks/orders/buckets/b/collections/c",
        f"{C}/webhooks",
        f"{B}/webhooks",
    ],
)
def test_no_url_leads_to_the_outbox(app, put, ann, path):
    put(1)
    app.get(path, headers=ann, status=404)


def test_secrets_and_events_are_in_no_answer(app, put, ann):
    put(1)
    told = app.get("/", headers=ann).text + app.get("/__heartbeat__", headers=ann).text
    assert "a secret of two servers" not in told and "t0ken" not in told
