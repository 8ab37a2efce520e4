"""`/contribute.json` (http: 1.4)."""

from __future__ import annotations


def test_it_has_exactly_the_published_keys(app):
    resp = app.get("/contribute.json")
    assert set(resp.json) == {
        "name",
        "description",
        "repository",
        "participate",
        "bugs",
        "keywords",
    }
    assert resp.headers["Content-Type"] == "application/json"
    assert "ETag" not in resp.headers


def test_any_accept_header_will_do(app):
    app.get("/contribute.json", headers={"Accept": "image/png"}, status=200)
