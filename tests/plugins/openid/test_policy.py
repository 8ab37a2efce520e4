"""Tokens of a provider: which are good, for how long, and what is asked of the provider."""

from __future__ import annotations

import time

import pytest
from cryptojwt.jwk.hmac import SYMKey
from cryptojwt.key_jar import build_keyjar

from kinto.core.runtime import clock
from kinto.plugins.openid import policy, tokens, utils
from kinto.plugins.openid import requests as outgoing
from tests import factories, openid_provider
from tests.plugins.openid.conftest import bearer

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.usefixtures("_whole")]

RSA = [{"type": "RSA", "key": "", "use": ["sig"]}]


@pytest.fixture
def token(browser):
    return browser.log_in()["access_token"]


@pytest.fixture
def claims(provider):
    now = int(time.time())
    return {
        "iss": provider.issuer,
        "aud": [openid_provider.CLIENT_ID],
        "sub": "ann",
        "iat": now,
        "exp": now + 600,
    }


def user_of(app, token):
    return app.get("/", headers=bearer(token)).json.get("user", {}).get("id")


def test_a_token_for_another_audience_is_refused(app, browser):
    second = browser.log_in(provider="second")["access_token"]
    assert user_of(app, second) is None
    assert user_of(app, browser.log_in()["access_token"]) == "idp:ann@example.com"


@pytest.mark.parametrize(
    ("changes", "alg", "by"),
    [
        ({"aud": ["another"]}, "RS256", "provider"),
        ({"aud": None}, "RS256", "provider"),
        ({"iss": "https://another.example.com"}, "RS256", "provider"),
        ({"exp": 1}, "RS256", "provider"),
        ({"exp": None}, "RS256", "provider"),
        ({"exp": "soon"}, "RS256", "provider"),
        ({"nbf": 2**33}, "RS256", "provider"),
        ({}, "none", "nobody"),
        ({}, "RS256", "stranger"),
        ({}, "HS256", "public key"),
    ],
)
def test_forged_and_spent_tokens_are_refused_without_a_word_to_the_provider(
    app, provider, claims, changes, alg, by
):
    public = provider.server.keyjar.get_signing_key("RSA")[0].serialize()["n"]
    keys = {
        "provider": None,
        "nobody": [],
        "stranger": build_keyjar(RSA).get_signing_key("RSA"),
        "public key": [SYMKey(key=public, alg="HS256")],
    }[by]
    made = {name: value for name, value in {**claims, **changes}.items() if value is not None}
    assert user_of(app, provider.sign(alg=alg, keys=keys, **made)) is None
    assert "/userinfo" not in provider.calls


@pytest.mark.parametrize("value", ["", "a b", "é", "x" * 9000, "a.b.c", "..", "\x01"])
def test_strange_tokens_are_anonymous(app, value):
    headers = {"Authorization": f"Bearer {value}".encode().decode("latin-1")}
    assert "user" not in app.get("/", headers=headers).json


def test_the_challenge_is_that_of_the_policy(app):
    resp = app.get("/buckets", status=401)
    assert resp.headers["WWW-Authenticate"] == 'Bearer realm="Realm"'


def test_a_verified_token_is_remembered_for_a_fixed_time(app, provider, token, monkeypatch):
    assert user_of(app, token)
    provider.calls.clear()
    start = clock.now_ms()
    for minutes in (10, 20, 30, 40, 50):
        monkeypatch.setattr(policy, "msec_time", lambda at=minutes: start + at * 60_000)
        assert user_of(app, token)
    assert provider.calls == []
    # The token itself lasts an hour: nothing remembers it for longer.
    monkeypatch.setattr(policy, "msec_time", lambda: start + 61 * 60_000)
    user_of(app, token)
    assert provider.calls == ["/userinfo"]


def test_the_time_is_the_one_of_the_settings(make_app, settings, provider, token, monkeypatch):
    app = make_app(**settings, **{"multiauth.policy.idp.verification_ttl_seconds": "60"})
    assert user_of(app, token)
    provider.calls.clear()
    start = clock.now_ms()
    for seconds, calls in ((50, 0), (61, 1)):
        monkeypatch.setattr(policy, "msec_time", lambda at=seconds: start + at * 1000)
        assert user_of(app, token)
        assert len(provider.calls) == calls


def test_a_batch_asks_once(app, provider, token):
    provider.calls.clear()
    requests = [{"path": "/"} for _ in range(5)]
    resp = app.post_json("/batch", {"requests": requests}, headers=bearer(token))
    assert all("user" in item["body"] for item in resp.json["responses"])
    assert provider.calls.count("/userinfo") == 1


def test_one_token_is_never_taken_for_another(app, browser):
    ann = browser.log_in()["access_token"]
    browser.cookies.clear()
    with type(browser)(browser.site) as other:
        bob = other.log_in(user="bob", provider="idp")["access_token"]
    assert user_of(app, ann) == "idp:ann@example.com"
    # Nobody has confirmed this address to the provider.
    assert user_of(app, bob) is None


def test_refusals_are_remembered_for_a_moment(app, provider, claims):
    spent = provider.sign(**claims)  # Signed, but of no session of the provider.
    provider.calls.clear()
    for _ in range(5):
        assert user_of(app, spent) is None
    assert provider.calls.count("/userinfo") == 1


def test_keys_may_be_rotated(app, browser, provider, monkeypatch):
    monkeypatch.setattr(tokens, "PAUSE_SECONDS", 0.0)
    before = browser.log_in()["access_token"]
    assert user_of(app, before)
    provider.rotate()
    assert user_of(app, browser.log_in()["access_token"])
    app.cache.flush()
    assert user_of(app, before) is None


def test_unknown_keys_do_not_make_this_server_ask_all_the_time(app, provider, claims, token):
    user_of(app, token)
    provider.calls.clear()
    stranger = None
    for number in range(10):
        stranger = build_keyjar(RSA).get_signing_key("RSA") if number % 5 == 0 else stranger
        assert user_of(app, provider.sign(keys=stranger, n=number, **claims)) is None
    assert provider.calls.count("/jwks.json") <= 1


def test_a_provider_that_is_silent_is_a_503(app, token, monkeypatch):
    app.cache.flush()
    asked = []

    def silent(*args, **kwargs):
        asked.append(args)
        raise outgoing.OutgoingFailed("no answer")

    monkeypatch.setattr(outgoing, "get", silent)
    for _ in range(3):
        resp = app.get("/", headers=bearer(token), status=503)
        assert resp.headers["Retry-After"]
    assert len(asked) == 1
    monkeypatch.undo()
    now = clock.monotonic() + utils.SILENCE_SECONDS
    monkeypatch.setattr(utils.clock, "monotonic", lambda: now)
    assert user_of(app, token)


def test_a_provider_that_fails_makes_the_caller_anonymous(app, provider, token):
    app.cache.flush()
    provider.broken = True
    assert user_of(app, token) is None


def test_providers_are_not_told_of_tokens_of_others(make_app, settings, provider, claims):
    name = "multiauth.policy.idp.audience"
    app = make_app(**{key: value for key, value in settings.items() if key != name})
    provider.calls.clear()
    foreign = provider.sign(**{**claims, "iss": "https://another.example.com"})
    for text in (
        "kinto_t.YQ.x.y",
        "kinto_s.x",
        foreign,
        provider.sign(alg="none", keys=[], **claims),
    ):
        assert user_of(app, text) is None
    assert provider.calls == []
    assert user_of(app, "opaque") is None
    assert provider.calls == ["/userinfo"]


def test_only_the_issuers_own_host_may_be_private(provider, monkeypatch):
    config = utils.fetch_openid_config(provider.issuer)
    elsewhere = "http://127.0.0.1:9/userinfo"
    monkeypatch.setitem(config, "userinfo_endpoint", elsewhere)
    bounds = utils.bounds_of(provider.issuer, elsewhere)
    assert bounds["allow_private"] is False
    with pytest.raises(outgoing.OutgoingRefused):
        outgoing.get(elsewhere, **bounds)
    with pytest.raises(outgoing.OutgoingRefused):
        other = "http://localhost:9/"
        outgoing.get(other, **utils.bounds_of(provider.issuer, other))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"issuer": None}, "issuer"),
        ({"client_id": None}, "client_id"),
        ({"issuer": "http://127.0.0.1:9"}, "gave no answer"),
        ({"state_length": "many"}, "state_length"),
        ({"verification_ttl_seconds": "x"}, "verification_ttl_seconds"),
    ],
)
def test_start_up_refuses(tmp_path, settings, changes, message):
    given = dict(settings)
    for name, value in changes.items():
        given[f"multiauth.policy.idp.{name}"] = value
    given = {name: value for name, value in given.items() if value is not None}
    with pytest.raises(Exception, match=message):
        factories.build_api("memory", tmp_path, **given)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "no discovery document"),
        ({"issuer": "https://another.example.com"}, "is of 'https://another"),
    ],
)
def test_the_discovery_document_is_of_the_issuer(provider, monkeypatch, document, message):
    utils.forget_configs()
    monkeypatch.setattr(outgoing.Response, "json", lambda self: document)
    with pytest.raises(Exception, match=message):
        utils.fetch_openid_config(provider.issuer)


def test_an_encrypted_issuer_names_encrypted_endpoints(monkeypatch):
    with pytest.raises(Exception, match="token_endpoint .* is not encrypted"):
        utils._checked({"token_endpoint": "http://x"}, "https://x")


def test_the_capability_shows_the_listed_providers(make_app, settings, provider):
    app = make_app(
        **{**settings, "multiauth.policies": "idp second"},
        **{"multiauth.policy.second.header_type": "Second"},
    )
    shown = app.get("/").json["capabilities"]["openid"]
    assert shown["description"] == "OpenID connect support."
    assert shown["providers"][0] == {
        "name": "idp",
        "issuer": provider.issuer,
        "auth_path": "/openid/idp/login",
        "client_id": openid_provider.CLIENT_ID,
        "audience": openid_provider.CLIENT_ID,
        "header_type": "Bearer",
        "userinfo_endpoint": f"{provider.issuer}/userinfo",
    }
    assert (shown["providers"][1]["name"], shown["providers"][1]["header_type"]) == (
        "second",
        "Second",
    )
    challenges = app.get("/buckets", status=401).headers.getall("WWW-Authenticate")
    assert challenges == ['Bearer realm="Realm"', 'Second realm="Realm"']
    definition = app.get("/__api__").json["securityDefinitions"]["idp"]
    assert definition["authorizationUrl"] == f"{provider.issuer}/authorization"


def test_several_providers_recognise_their_own(make_app, settings, browser):
    both = {**settings, "multiauth.policies": "idp second"}
    app = make_app(**both)
    assert user_of(app, browser.log_in()["access_token"]) == "idp:ann@example.com"
    second = browser.log_in(provider="second", scope="openid")["access_token"]
    user = user_of(app, second)
    assert user.startswith("second:")
    assert "@" not in user


def test_without_listed_policy_there_is_no_capability(make_app, settings):
    app = make_app(**{**settings, "multiauth.policies": "basicauth"})
    assert "openid" not in app.get("/").json["capabilities"]
    user = app.get("/", headers=factories.credentials("ann")).json["user"]
    assert user["profile"] == {}
    app.get("/openid/idp/login", status=400)


@pytest.mark.parametrize("value", [None, True, [], "", {}, 1.5])
def test_a_user_needs_an_id(provider, settings, value):
    known = policy.OpenIDConnectPolicy(provider.issuer, "x")
    assert known._user_id({"sub": value}) is None
    assert known._user_id({"sub": 12}) == "12"


@pytest.mark.parametrize("value", [False, "false", "False"])
def test_an_address_that_is_not_verified_is_nobody(provider, value):
    known = policy.OpenIDConnectPolicy(provider.issuer, "x", userid_field="email")
    told = {"email": "ann@example.com", "email_verified": value}
    assert known._user_id(told) is None
    assert known._user_id({**told, "email_verified": True}) == "ann@example.com"


def test_keys_of_other_kinds_and_uses_are_passed_over(provider, claims, monkeypatch):
    answers = []
    monkeypatch.setattr(outgoing.Response, "json", lambda self: answers[-1], raising=True)
    ours = provider.server.keyjar.export_jwks(private=False, issuer_id="")["keys"]
    token = provider.sign(**claims)
    known = {"issuer": provider.issuer, "jwks_uri": f"{provider.issuer}/jwks.json"}
    monkeypatch.setitem(utils._known, provider.issuer, known)
    strange = [{"kty": "oct", "k": "YWJj"}, {"kty": "new"}, {}]
    for keys, good in (
        ([*strange, *ours], True),
        ([{**key, "use": "enc"} for key in ours], False),
        ([{**key, "alg": "RS512"} for key in ours], False),
        (strange, False),
        ([], False),
        (["x"], False),
    ):
        answers.append({"keys": keys})
        monkeypatch.setattr(tokens, "_keys_by_issuer", {})
        try:
            found = tokens.verify_token(provider.issuer, token, audience=openid_provider.CLIENT_ID)
        except tokens.InvalidToken:
            assert not good
        else:
            assert good and found["sub"] == "ann"
