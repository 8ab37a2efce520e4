"""An application with history, one bucket of ann with a collection, and what was recorded."""

from __future__ import annotations

import pytest

SETTINGS = {"includes": "kinto.plugins.history"}
B = "/buckets/b"
C = f"{B}/collections/c"
D = f"{B}/collections/d"
R = f"{C}/records/r"


@pytest.fixture
def app(make_app):
    return make_app(**SETTINGS)


@pytest.fixture
def ann(user_headers):
    return user_headers("ann")


@pytest.fixture
def bob(user_headers):
    return user_headers("bob")


@pytest.fixture
def filled(app, ann):
    """The bucket `b`, its collection `c` with the record `r`, and its group `g`."""
    app.put_json(B, headers=ann)
    app.put_json(C, headers=ann)
    app.put_json(R, {"data": {"n": 1}}, headers=ann)
    app.put_json(f"{B}/groups/g", {"data": {"members": []}}, headers=ann)
    return app


@pytest.fixture
def history(app, ann):
    """`history("?record_id=r")`: entries of `b`, newest first."""

    def read(query="", headers=ann):
        return app.get(f"{B}/history{query}", headers=headers).json["data"]

    return read


@pytest.fixture
def shared(filled, ann, bob):
    """`shared(uri, permission)`: bob holds a permission on one object; also a collection `d`."""
    filled.put_json(D, headers=ann)
    filled.put_json(f"{D}/records/s", {"data": {"secret": 1}}, headers=ann)
    user = filled.get("/", headers=bob).json["user"]["id"]

    def share(uri, permission="read"):
        filled.patch_json(uri, {"permissions": {permission: [user]}}, headers=ann)

    return share
