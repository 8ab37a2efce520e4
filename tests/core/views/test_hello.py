import pytest

from kinto.core.settings.origin import config_attributes
from tests.core.application import CREDENTIALS, core_app


@pytest.fixture
def no_configuration_file(monkeypatch):
    monkeypatch.setenv("KINTO_INI", "/nowhere/kinto.ini")
    config_attributes.cache_clear()
    yield
    config_attributes.cache_clear()


def test_the_root_document_presents_the_server(no_configuration_file):
    body = core_app(project_docs="https://docs.example").get("/v0/").json
    capabilities = body.pop("capabilities")
    assert body == {
        "project_name": "myapp",
        "project_version": "0.1.2",
        "http_api_version": "0.1",
        "project_docs": "https://docs.example",
        "url": "http://localhost/v0/",
        "config": None,
        "settings": {"batch_max_requests": 25, "readonly": False, "explicit_permissions": True},
    }
    assert capabilities["basicauth"] == {
        "description": "Very basic authentication sessions. Not for production use.",
        "url": "http://kinto.readthedocs.io/en/stable/api/1.x/authentication.html",
    }


def test_the_url_follows_the_settings():
    app = core_app(http_scheme="https", http_host="kinto.example.org")
    assert app.get("/v0/").json["url"] == "https://kinto.example.org/v0/"


def test_the_url_follows_the_request():
    app = core_app()
    assert app.get("/v0/", headers={"Host": "a.org:8888"}).json["url"] == "http://a.org:8888/v0/"


def test_users_learn_who_they_are():
    user = core_app().get("/v0/", headers=CREDENTIALS).json["user"]
    assert user["id"].startswith("basicauth:")
    assert set(user["principals"]) == {user["id"], "system.Everyone", "system.Authenticated"}


@pytest.mark.parametrize(
    "header", ["Basic", "Basic =", "Bearer x", "Basic Ym9i", "Basic \xff", "Basic OnB3ZA=="]
)
def test_bad_credentials_are_those_of_nobody(header):
    response = core_app().get("/v0/", headers={"Authorization": header})
    assert "user" not in response.json


def test_without_policies_everybody_is_anonymous():
    app = core_app(multiauth__policies="")
    body = app.get("/v0/", headers=CREDENTIALS).json
    assert "user" not in body
    assert "basicauth" not in body["capabilities"]


def test_the_end_of_the_service_is_announced():
    assert core_app(eos="2999-01-01").get("/v0/").json["eos"] == "2999-01-01"


def test_settings_made_public_by_plugins_are_shown():
    app = core_app(configure=lambda config: config.registry.public_settings.add("eos_url"))
    assert app.get("/v0/").json["settings"]["eos_url"] is None


def test_the_root_document_is_not_cached_while_it_may_change():
    assert "Cache-Control" not in core_app().get("/v0/").headers


@pytest.mark.parametrize("headers", [{}, CREDENTIALS])
def test_a_read_only_server_lets_it_be_cached(headers):
    app = core_app(readonly="true", root_cache_expires_seconds="10")
    response = app.get("/v0/", headers=headers)
    assert response.headers["Cache-Control"] == "max-age=10"
    assert "Expires" in response.headers


def test_capabilities_are_shown_and_taken_once():
    def configure(config):
        config.add_api_capability("slack", "Sends messages", "https://slack.example", channel="a")
        with pytest.raises(ValueError, match="The 'slack' API capability was already registered"):
            config.add_api_capability("slack")
        config.registry.api_capabilities.pop("slack")
        config.add_api_capability("slack", "Again", "https://slack.example", channel="b")

    shown = core_app(configure=configure).get("/v0/").json["capabilities"]["slack"]
    assert shown == {"description": "Again", "url": "https://slack.example", "channel": "b"}


@pytest.mark.parametrize("accept", ["text/html", "application/json; charset=utf-8", ""])
def test_any_accept_header_will_do(accept):
    response = core_app().get("/v0/", headers={"Accept": accept})
    assert response.headers["Content-Type"] == "application/json"
