import json

import pytest

from kinto.core.runtime import clock
from tests.core.application import core_app

SOFT = {"code": "soft-eol", "message": "bye soon", "url": "http://eos/"}


def alert_of(response):
    return json.loads(response.headers["Alert"])


@pytest.mark.parametrize("path", ["/v0/", "/v0/nothing", "/redirected", "/v9/"])
def test_the_coming_end_is_announced_on_every_answer(path):
    app = core_app(eos="2999-01-01", eos_message="bye soon", eos_url="http://eos/")
    response = app.call("GET", path)
    assert response.status_code != 410
    assert alert_of(response) == SOFT
    assert response.headers["Alert"] == json.dumps(SOFT, separators=(",", ":"))


@pytest.mark.parametrize("path", ["/v0/", "/v0/nothing", "/redirected", "/v9/"])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_after_the_end_every_request_is_gone(path, method):
    app = core_app(eos="2001-01-01", readonly="true", project_docs="https://docs.example")
    response = app.call(method, path, {"Origin": "http://a.org"})
    assert response.status_code == 410
    assert response.json == {
        "code": 410,
        "errno": 202,
        "error": "Gone",
        "message": "The service you are trying to connect no longer exists at this location.",
    }
    alert = alert_of(response)
    assert alert == {"code": "hard-eol", "message": None, "url": "https://docs.example"}
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Access-Control-Expose-Headers"]


def test_the_end_comes_while_the_server_runs(monkeypatch):
    app = core_app(eos="2030-06-01T12:00:00+02:00")
    end = 1906538400000
    monkeypatch.setattr(clock, "now_ms", lambda: end - 1)
    assert app.call("GET", "/v0/").status_code == 200
    monkeypatch.setattr(clock, "now_ms", lambda: end)
    assert app.call("GET", "/v0/").status_code == 410


@pytest.mark.parametrize("value", ["", None])
def test_without_end_nothing_is_announced(value):
    assert "Alert" not in core_app(eos=value).get("/v0/").headers


def test_an_end_that_is_no_date_stops_the_start():
    with pytest.raises(ValueError):
        core_app(eos="some day")


@pytest.mark.parametrize("path", ["/v0/", "/v0/nothing", "/redirected", "/v9/"])
def test_a_busy_server_says_so_on_every_answer(path):
    assert core_app(backoff=10).call("GET", path).headers["Backoff"] == "10"


# Percentage, what chance gives, whether the header is sent.
SHARES = [(50, 0.49, True), (50, 0.5, False), (0, 0.0, False), (100, 0.999, True)]


@pytest.mark.parametrize(("percentage", "chance", "sent"), SHARES)
def test_a_share_of_the_answers_may_say_so(monkeypatch, percentage, chance, sent):
    monkeypatch.setattr("kinto.core.initialization.random.random", lambda: chance)
    response = core_app(backoff=10, backoff_percentage=percentage).get("/v0/")
    assert ("Backoff" in response.headers) == sent


def test_a_server_at_ease_says_nothing():
    assert "Backoff" not in core_app().get("/v0/").headers
