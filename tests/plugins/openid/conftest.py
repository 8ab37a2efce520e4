"""An application with a real provider, and browsers that log in."""

from __future__ import annotations

import base64
import json
import warnings
from html.parser import HTMLParser
from urllib.parse import unquote, urljoin

import pytest
import requests

from kinto.plugins.openid import utils
from tests import factories, openid_provider
from tests.servers import HOST, free_port

CALLBACK = "http://localhost:3000/#tokens="


class _Form(HTMLParser):
    """Where a form goes, and what it has filled in."""

    def __init__(self, text):
        super().__init__()
        self.action, self.fields = "", {}
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "form":
            self.action = given["action"]
        elif tag == "input":
            self.fields[given["name"]] = given.get("value", "")


class Browser(requests.Session):
    """A browser at the site. It follows redirections as far as the callback."""

    def __init__(self, site):
        super().__init__()
        self.site = site
        self.trust_env = False

    def begin(self, *, provider="idp", scope="openid email", callback=CALLBACK, **query):
        """The first answer of a login."""
        return self.get(
            f"{self.site}/openid/{provider}/login",
            params={"callback": callback, "scope": scope, **query},
            allow_redirects=False,
        )

    def authenticate(self, begun, *, user="ann", password=openid_provider.PASSWORD):
        """Fill in the form of the provider; returns where it sends the browser."""
        page = self.get(begun.headers["Location"])
        assert page.status_code == 200, page.text
        form = _Form(page.text)
        filled = {**form.fields, "username": user, "password": password}
        answer = self.post(urljoin(page.url, form.action), data=filled, allow_redirects=False)
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    def come_back(self, location):
        """The last answer of a login."""
        return self.get(location, allow_redirects=False)

    def log_in(self, *, user="ann", **query):
        """A whole login; returns what the callback is given."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Of the provider, about its form.
            location = self.authenticate(self.begin(**query), user=user)
        return tokens_in(self.come_back(location), query.get("callback", CALLBACK))


def tokens_in(answer, callback=CALLBACK):
    """What the provider said, as the callback finds it."""
    assert answer.status_code == 307, answer.text
    location = answer.headers["Location"]
    assert location.startswith(callback)
    return json.loads(base64.b64decode(unquote(location.removeprefix(callback))))


@pytest.fixture(params=factories.ONE_BACKEND)
def backend(request):
    return request.param


@pytest.fixture(scope="module")
def port():
    return free_port()


@pytest.fixture(scope="module")
def provider(tmp_path_factory, port):
    uris = [f"http://{HOST}:{port}/v1/openid/{name}/token" for name in ("idp", "second")]
    folder = tmp_path_factory.mktemp("provider")
    with openid_provider.openid_provider(folder, redirect_uris=uris) as running:
        yield running


@pytest.fixture(scope="module")
def settings(provider):
    start = "multiauth.policy.idp."
    return {
        "includes": "kinto.plugins.openid",
        "multiauth.policies": "idp",
        f"{start}use": "kinto.plugins.openid.OpenIDConnectPolicy",
        f"{start}issuer": provider.issuer,
        f"{start}client_id": openid_provider.CLIENT_ID,
        f"{start}client_secret": openid_provider.CLIENT_SECRET,
        # Its access tokens are made for the client that asked for them.
        f"{start}audience": openid_provider.CLIENT_ID,
        f"{start}userid_field": "email",
        **settings_of_second(provider),
        "bucket_create_principals": "system.Authenticated",
    }


def settings_of_second(provider):
    """The same provider under another client: declared, but nobody is recognised by it."""
    start = "multiauth.policy.second."
    return {
        f"{start}use": "kinto.plugins.openid.OpenIDConnectPolicy",
        f"{start}issuer": provider.issuer,
        f"{start}client_id": openid_provider.OTHER_CLIENT,
        f"{start}client_secret": openid_provider.CLIENT_SECRET,
        f"{start}audience": openid_provider.OTHER_CLIENT,
    }


@pytest.fixture
def app(make_app, settings):
    return make_app(**settings)


@pytest.fixture
def site(app, port):
    """Address of the API over real HTTP."""
    with openid_provider.served(app.app, port=port) as address:
        yield f"{address}/v1"


@pytest.fixture
def browser(site):
    with Browser(site) as session:
        yield session


@pytest.fixture
def _whole(provider):
    """The provider answers, its calls are counted from now on, and its document was read."""
    provider.broken = False
    provider.calls.clear()
    yield
    provider.broken = False
    utils.forget_configs()
    utils.fetch_openid_config(provider.issuer)


def bearer(token):
    return {"Authorization": f"Bearer {token}"}
