"""The sub-requests of a batch know their caller from those before, and never a wrong one."""

import pytest

from tests import factories

ANN, BOB = factories.credentials("ann"), factories.credentials("bob")
READ = {"path": "/"}


@pytest.fixture
def users_of(app):
    def find(*requests, headers=ANN):
        answer = app.post_json("/batch", {"requests": list(requests)}, headers=headers).json
        return [entry["body"].get("user", {}).get("id") for entry in answer["responses"]]

    return find


def _id(app, headers):
    return app.get("/", headers=headers).json["user"]["id"]


def test_a_caller_of_its_own_is_not_that_of_the_next_sub_request(app, users_of):
    ann, bob = _id(app, ANN), _id(app, BOB)
    as_bob = {**READ, "headers": BOB}
    assert users_of(READ, as_bob, READ, as_bob, READ) == [ann, bob, ann, bob, ann]


def test_nobody_stays_nobody_after_a_user(app, users_of):
    as_nobody = {**READ, "headers": {"Authorization": ""}}
    assert users_of(READ, as_nobody, READ) == [_id(app, ANN), None, _id(app, ANN)]


def test_a_user_is_not_known_in_a_batch_of_nobody(app, users_of):
    as_bob = {**READ, "headers": BOB}
    assert users_of(READ, as_bob, READ, headers={}) == [None, _id(app, BOB), None]


def test_membership_counts_from_the_next_sub_request_on(app):
    bob = _id(app, BOB)
    group, secret = "/buckets/b/groups/g", "/buckets/b/collections/secret"
    app.put_json("/buckets/b", {"permissions": {"group:create": [bob]}}, headers=ANN)
    app.put_json(secret, {"permissions": {"read": [group]}}, headers=ANN)
    app.put_json(group, {"data": {"members": []}, "permissions": {"write": [bob]}}, headers=ANN)
    requests = [
        {"path": secret},
        {"method": "PATCH", "path": group, "body": {"data": {"members": [bob]}}},
        {"path": secret},
        {"method": "PATCH", "path": group, "body": {"data": {"members": []}}},
        {"path": secret},
    ]
    answer = app.post_json("/batch", {"requests": requests}, headers=BOB).json
    assert [entry["status"] for entry in answer["responses"]] == [403, 200, 200, 200, 403]
