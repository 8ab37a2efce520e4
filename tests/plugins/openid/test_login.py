"""The login of a browser, with a real provider: who gets the tokens, and who does not."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from kinto.plugins.openid import requests as outgoing
from tests import openid_provider
from tests.plugins.openid.conftest import CALLBACK, Browser, bearer, tokens_in

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.usefixtures("_whole")]


def query_of(answer):
    return {k: v[0] for k, v in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def test_a_login_ends_with_a_record_written_as_the_user(app, browser):
    tokens = browser.log_in()
    headers = bearer(tokens["access_token"])
    user = app.get("/", headers=headers).json["user"]
    assert user["id"] == "idp:ann@example.com"
    assert user["profile"]["email"] == "ann@example.com"
    app.put_json("/buckets/b", headers=headers)
    app.put_json("/buckets/b/collections/c", headers=headers)
    written = app.put_json("/buckets/b/collections/c/records/r", headers=headers, status=201)
    assert written.json["permissions"] == {"write": ["idp:ann@example.com"]}


def test_the_provider_is_asked_with_state_nonce_and_pkce(browser, provider):
    answer = browser.begin(prompt="none")
    assert answer.status_code == 307
    query = query_of(answer)
    assert answer.headers["Location"].startswith(f"{provider.issuer}/authorization?client_id=")
    assert len(query.pop("state")) == 64
    assert len(query.pop("nonce")) == 32
    assert len(query.pop("code_challenge")) == 43
    assert query == {
        "client_id": openid_provider.CLIENT_ID,
        "response_type": "code",
        "scope": "openid email",
        "redirect_uri": f"{browser.site}/openid/idp/token",
        "prompt": "none",
        "audience": openid_provider.CLIENT_ID,
        "code_challenge_method": "S256",
    }
    assert answer.headers["Cache-Control"] == "no-store"
    cookie = answer.headers["Set-Cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=Lax", "Path=/v1/openid"))


def test_a_state_is_good_once(browser):
    location = browser.authenticate(browser.begin())
    assert browser.come_back(location).status_code == 307
    again = browser.come_back(location)
    assert again.status_code == 400
    assert again.json()["details"][0]["description"] == "Invalid state"
    assert again.json()["details"][0]["errno"] == 105


def test_another_browser_gets_nothing_and_neither_does_the_first_one_then(site, browser):
    location = browser.authenticate(browser.begin())
    with Browser(site) as thief:
        assert thief.come_back(location).status_code == 400
        thief.begin()  # It has a cookie now, of its own.
        other = browser.authenticate(browser.begin())
        assert thief.come_back(other).status_code == 400
    assert browser.come_back(location).status_code == 400


@pytest.mark.parametrize("spoil", [lambda value: value[:-1], lambda value: "x", lambda value: ""])
def test_a_spoiled_cookie_is_another_browser(browser, spoil):
    location = browser.authenticate(browser.begin())
    value = browser.cookies.get("kinto_openid")
    browser.cookies.clear()
    browser.cookies.set("kinto_openid", spoil(value))
    assert browser.come_back(location).status_code == 400


def test_two_tabs_of_a_browser_log_in_side_by_side(browser):
    first, second = browser.begin(), browser.begin()
    for begun in (first, second):
        assert tokens_in(browser.come_back(browser.authenticate(begun)))["access_token"]


def test_a_code_of_another_login_is_refused_by_the_provider(browser, site):
    with Browser(site) as victim:
        stolen = victim.authenticate(victim.begin())
    code = parse_qs(urlsplit(stolen).query)["code"][0]
    state = query_of(browser.begin())["state"]
    answer = browser.come_back(f"{browser.site}/openid/idp/token?code={code}&state={state}")
    assert "access_token" not in tokens_in(answer)


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "of another login"},
        {"aud": "another-client"},
        {"aud": ["kinto", "another"], "azp": "another"},
        {"exp": 1},
        {"iss": "https://another.example.com"},
        {"alg": "none"},
        {"alg": "HS256"},
    ],
)
def test_an_id_token_that_does_not_fit_is_given_to_nobody(browser, provider, monkeypatch, claims):
    begun = browser.begin()
    nonce = query_of(begun)["nonce"]
    location = browser.authenticate(begun)
    good = {
        "iss": provider.issuer,
        "aud": openid_provider.CLIENT_ID,
        "sub": "ann",
        "exp": 2**32,
        "nonce": nonce,
    }
    answers = {}

    def answer_with(changed):
        claims = dict(changed)
        alg = claims.pop("alg", "RS256")
        keys = provider.server.keyjar.get_signing_key("oct", openid_provider.CLIENT_ID)
        keys = [] if alg == "none" else keys if alg == "HS256" else None
        answers["text"] = f'{{"id_token": "{provider.sign(alg=alg, keys=keys, **claims)}"}}'

    monkeypatch.setattr(
        outgoing, "post", lambda url, **kw: type("Answer", (), {"text": answers["text"]})
    )
    answer_with({**good, **claims})
    refused = browser.come_back(location)
    assert refused.status_code == 400
    assert refused.json()["message"] == "Invalid ID token for this code"


@pytest.mark.parametrize(
    ("query", "details"),
    [
        ({"callback": None}, ("querystring", "callback", "Required")),
        ({"callback": "here"}, ("querystring", "callback", "Must be a URL")),
        (
            {"callback": "http://localhost/" + "x" * 2048},
            ("querystring", "callback", "Must be a URL"),
        ),
        ({"scope": None}, ("querystring", "scope", "Required")),
        ({"scope": ""}, ("querystring", "scope", "Required")),
        ({"prompt": "login"}, ("querystring", "prompt", "String does not match expected pattern")),
        ({"scope": "openid zz aa"}, ("body", "scope", "Scopes not allowed: aa, zz")),
        ({"scope": "openid"}, ("body", "scope", "Provider idp requires 'email' scope")),
        ({"callback": "https://evil.example.com/"}, ("body", "callback", "Untrusted callback URL")),
        (
            {"callback": "http://localhost:3000@evil.example.com/"},
            ("body", "callback", "Untrusted callback URL"),
        ),
        (
            {"callback": "http://localhost.evil.example.com/"},
            ("body", "callback", "Untrusted callback URL"),
        ),
        ({"provider": "other"}, ("path", "provider", "Unknown provider 'other'")),
    ],
)
def test_logins_that_are_refused(browser, query, details):
    answer = browser.begin(**query)
    assert answer.status_code == 400
    (found,) = answer.json()["details"]
    assert (found["location"], found["name"], found["description"]) == details


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["", "state"]),
        ("state=x", [""]),
        ("code=x", ["state"]),
        ("state=x&code=x&error=y", [""]),
        ("state=x&code=x", ["state"]),
        ("state=x%00&error=x", ["state"]),
    ],
)
def test_answers_that_are_refused(app, query, names):
    resp = app.get(f"/openid/idp/token?{query}", status=400)
    assert [item["name"] for item in resp.json["details"]] == names


@pytest.mark.parametrize("value", ["\xff", "\xe9;", '"', "a=b=c", "x" * 5000, "=", "a.b.c"])
def test_strange_cookies_are_other_browsers(app, value):
    state = "0" * 64
    headers = {"Cookie": f"kinto_openid={value}"}
    app.get(f"/openid/idp/token?state={state}&code=x", headers=headers, status=400)
    callback = "http%3A%2F%2Flocalhost%2F"
    path = f"/openid/idp/login?callback={callback}&scope=email"
    assert "Set-Cookie" in app.get(path, headers=headers, status=307).headers


def test_other_methods_are_refused(app):
    for path in ("login", "token"):
        app.post(f"/openid/idp/{path}", status=405)


def test_an_error_of_the_provider_goes_to_the_callback(browser):
    state = query_of(browser.begin())["state"]
    url = (
        f"{browser.site}/openid/idp/token?state={state}&error=denied&error_description=by the user"
    )
    answer = browser.come_back(url)
    assert answer.headers["Location"] == f"{CALLBACK}error=denied&error_description=by+the+user"


def test_a_provider_that_is_silent_is_a_503(browser, monkeypatch):
    def silent(*args, **kwargs):
        raise outgoing.OutgoingFailed("no answer")

    location = browser.authenticate(browser.begin())
    monkeypatch.setattr(outgoing, "post", silent)
    answer = browser.come_back(location)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
