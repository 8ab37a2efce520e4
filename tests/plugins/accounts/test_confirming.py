"""Signing up by e-mail and resetting passwords, with a real SMTP server."""

from __future__ import annotations

import threading
import time

import pytest
from pyramid.exceptions import ConfigurationError

from kinto.core.events import ResourceChanged
from kinto.core.runtime import clock
from kinto.plugins.accounts import confirming, keys, scripts
from tests import factories, smtp
from tests.factories import credentials
from tests.plugins.accounts.conftest import SETTINGS, bearer, token_body

ANN = "ann@example.com"
SIGN_UP = {"data": {"id": ANN, "password": "secret", "city": "Oslo"}}


@pytest.fixture(params=factories.ONE_BACKEND)
def backend(request):
    return request.param


@pytest.fixture(scope="module")
def _server():
    with smtp.smtp_server() as received:
        yield received


@pytest.fixture
def inbox(_server):
    _server.messages.clear()
    _server.refuse, _server.attempts = None, 0
    return _server


@pytest.fixture
def settings(inbox):
    return {
        **SETTINGS,
        "account_validation": "true",
        "account_validation.email_body_template": "Hello {name}{id}: {activation-key}",
        "mail.host": "127.0.0.1",
        "mail.port": str(inbox.port),
    }


@pytest.fixture
def app(make_app, settings):
    app = make_app(**settings)
    app.registry.accounts_outbox._pauses = (0.05,) * 3
    yield app
    # Mails of this test are not found in the next one.
    app.registry.accounts_outbox.settle(smtp.SECONDS)


def key_in(message):
    return smtp.text_of(message).rpartition(" ")[2]


@pytest.fixture
def confirmed(app, inbox):
    app.post_json("/accounts", SIGN_UP, status=201)
    key = key_in(inbox.wait_for(1)[0])
    app.post(f"/accounts/{ANN}/validate/{key}")
    inbox.wait_for(2)
    inbox.messages.clear()
    return credentials(ANN)


def test_an_account_exists_once_its_address_is_confirmed(app, inbox):
    events = []
    app.app.registry.registerHandler(events.append, (ResourceChanged,))
    try:
        resp = app.post_json("/accounts", SIGN_UP, status=201)
        assert resp.json["data"]["validated"] is False
        assert "user" not in app.get("/", headers=credentials(ANN)).json
        assert app.storage.list_all("account", "") == []
        assert events == []
        message = inbox.wait_for(1)[0]
        assert message["To"] == ANN
        assert message["Subject"] == "activate your account"
        assert smtp.text_of(message).startswith(f"Hello {{name}}{ANN}: ")
        key = key_in(message)
        account = app.post(f"/accounts/{ANN}/validate/{key}", status=200).json
        assert account.pop("last_modified")
        assert account == {"id": ANN, "city": "Oslo", "validated": True}
        assert [event.payload["account_id"] for event in events] == [ANN]
        assert "hash" not in str(events[0].impacted_objects)
    finally:
        app.app.registry.unregisterHandler(events.append, (ResourceChanged,))
    assert smtp.text_of(inbox.wait_for(2)[1]) == f"The account {ANN} is now active"
    assert app.get("/", headers=credentials(ANN)).json["user"]["id"] == f"account:{ANN}"
    assert app.get(f"/accounts/{ANN}", headers=credentials(ANN)).json["permissions"]
    assert app.storage.list_all(**confirming.PENDING) == []


def test_a_key_works_once_for_one_account_and_one_purpose(app, inbox):
    app.post_json("/accounts", SIGN_UP)
    key = key_in(inbox.wait_for(1)[0])
    app.post(f"/accounts/bob@example.com/validate/{key}", status=403)
    app.post(f"/accounts/{ANN}/validate/{key[:-2]}", status=403)
    app.post(f"/accounts/{ANN}/validate/{key}")
    resp = app.post(f"/accounts/{ANN}/validate/{key}", status=403)
    assert resp.json["message"] == confirming.NO_MATCH
    assert resp.json["errno"] == 999
    assert "user" not in app.get("/", headers=credentials(ANN, key)).json
    app.delete(f"/accounts/{ANN}", headers=credentials(ANN))
    app.post(f"/accounts/{ANN}/validate/{key}", status=403)


def test_keys_end(app, inbox, monkeypatch):
    app.post_json("/accounts", SIGN_UP)
    key = key_in(inbox.wait_for(1)[0])
    later = clock.now_ms() + 604_801 * 1000
    monkeypatch.setattr(keys.clock, "now_ms", lambda: later)
    app.post(f"/accounts/{ANN}/validate/{key}", status=403)
    app.post_json("/accounts", {"data": {"id": "new@example.com", "password": "x"}})
    assert len(app.storage.list_all(**confirming.PENDING)) == 1


@pytest.mark.parametrize("method", ["post_json", "put_json"])
def test_signing_up_tells_nothing_of_who_has_an_account(app, inbox, confirmed, method):
    answers = []
    for name in (ANN, "new@example.com"):
        path = "/accounts" if method == "post_json" else f"/accounts/{name}"
        body = {"data": {"id": name, "password": "other", "a": 1}}
        resp = getattr(app, method)(path, body, status=201, headers={"If-None-Match": "*"})
        body, headers = resp.json, dict(resp.headers)
        assert body["data"].pop("last_modified")
        answers.append((str(body).replace(name, "X"), sorted(headers)))
    assert answers[0] == answers[1]
    told = {item["To"]: item["Subject"] for item in inbox.wait_for(2)}
    assert told == {
        ANN: "You have an account already",
        "new@example.com": "activate your account",
    }
    assert "user" in app.get("/", headers=confirmed).json
    assert "user" not in app.get("/", headers=credentials(ANN, "other")).json


def test_who_reads_the_mail_activates_what_they_asked_for(app, inbox):
    app.post_json("/accounts", {"data": {"id": ANN, "password": "of a stranger"}})
    inbox.wait_for(1)
    app.post_json("/accounts", SIGN_UP)
    first, second = (key_in(item) for item in inbox.wait_for(2))
    app.post(f"/accounts/{ANN}/validate/{second}")
    assert "user" in app.get("/", headers=credentials(ANN)).json
    app.post(f"/accounts/{ANN}/validate/{first}", status=403)


@pytest.mark.parametrize("name", ["ann", "ann@example", "ann@@example.com"])
def test_ids_are_addresses(app, inbox, name):
    resp = app.post_json("/accounts", {"data": {"id": name, "password": "x"}}, status=400)
    assert resp.json["details"][0]["name"] == "data.id"
    assert "user id should match re.compile(" in resp.json["message"]
    resp = app.post(f"/accounts/{name}/reset-password", status=400)
    assert resp.json["message"].startswith("The user id should match ^")


def test_administrators_make_accounts_at_once(app, inbox):
    scripts.create_user({"registry": app.registry}, username="admin", password="secret")
    body = {"data": {"id": "plain", "password": "secret"}}
    app.post_json("/accounts", body, headers=credentials("admin"), status=201)
    assert "user" in app.get("/", headers=credentials("plain")).json


def test_nobody_calls_its_own_address_confirmed(app, confirmed):
    body = {"data": {"validated": False, "a": 1}}
    assert app.patch_json(f"/accounts/{ANN}", body, headers=confirmed).json["data"]["validated"]
    body = {"data": {"password": "secret", "validated": "x"}}
    resp = app.put_json(f"/accounts/{ANN}", body, headers=confirmed)
    assert resp.json["data"]["validated"] is True


def reset_text(app, inbox, count=1):
    app.post(f"/accounts/{ANN}/reset-password")
    return smtp.text_of(inbox.wait_for(count)[count - 1])


def test_a_password_is_reset_by_mail_once(app, inbox, confirmed):
    reset = credentials(ANN, reset_text(app, inbox))
    for path in ("/", f"/accounts/{ANN}", "/buckets"):
        assert "user" not in app.get(path, headers=reset, expect_errors=True).json
    for body in ({"data": {"password": "new", "a": 1}}, {"data": {"a": 1}}, []):
        app.patch_json(f"/accounts/{ANN}", body, headers=reset, status=401)
    app.patch_json("/accounts/admin", {"data": {"password": "new"}}, headers=reset, status=401)
    app.put_json("/buckets/b", {"data": {"password": "new"}}, headers=reset, status=401)
    body = {"data": {"password": "new"}}
    app.patch_json(f"/accounts/{ANN}", body, headers=reset)
    assert "user" in app.get("/", headers=credentials(ANN, "new")).json
    assert "user" not in app.get("/", headers=confirmed).json
    app.patch_json(f"/accounts/{ANN}", body, headers=reset, status=401)


def test_a_reset_ends_sessions_and_tokens(app, inbox, confirmed):
    """Who resets a password may have lost it to somebody who made tokens."""
    texts = []
    for kind, body in (("sessions", {}), ("tokens", token_body("/buckets"))):
        made = app.post_json(f"/accounts/{ANN}/{kind}", body, headers=confirmed)
        texts.append(made.json["data"]["token"])
    reset = credentials(ANN, reset_text(app, inbox))
    for text in texts:
        assert "user" in app.get("/", headers=bearer(text)).json
    app.patch_json(f"/accounts/{ANN}", {"data": {"password": "new"}}, headers=reset)
    for text in texts:
        assert "user" not in app.get("/", headers=bearer(text)).json
    for kind in ("sessions", "tokens"):
        shown = app.get(f"/accounts/{ANN}/{kind}", headers=credentials(ANN, "new"))
        assert shown.json["data"] == []


def test_two_resets_of_the_same_moment_are_one(app, inbox, confirmed, monkeypatch):
    reset = credentials(ANN, reset_text(app, inbox))
    lock, taken = app.storage.lock_parent, []

    def meanwhile(*args):
        if not taken:
            taken.append(args)
            thread = threading.Thread(
                target=scripts.create_user,
                args=({"registry": app.registry},),
                kwargs={"username": ANN, "password": "first"},
            )
            thread.start()
            thread.join(10)
        return lock(*args)

    monkeypatch.setattr(app.storage, "lock_parent", meanwhile)
    body = {"data": {"password": "second"}}
    app.patch_json(f"/accounts/{ANN}", body, headers=reset, status=403)
    assert "user" in app.get("/", headers=credentials(ANN, "first")).json


def test_a_reset_ends(app, inbox, confirmed, monkeypatch):
    reset = credentials(ANN, reset_text(app, inbox))
    later = clock.now_ms() + 604_801 * 1000
    monkeypatch.setattr(keys.clock, "now_ms", lambda: later)
    app.patch_json(f"/accounts/{ANN}", {"data": {"password": "new"}}, headers=reset, status=401)


def test_a_reset_tells_nothing_of_who_has_an_account(app, inbox, confirmed):
    answers = [app.post(f"/accounts/{name}/reset-password") for name in (ANN, "nobody@example.com")]
    assert answers[0].json == answers[1].json == {"message": confirming.SENT}
    assert sorted(answers[0].headers) == sorted(answers[1].headers)
    inbox.wait_for(1)
    app.registry.accounts_outbox.settle(smtp.SECONDS)
    assert [item["To"] for item in inbox.messages] == [ANN]


def test_one_address_gets_only_so_many_mails(app, inbox, confirmed):
    for _ in range(6):
        app.post(f"/accounts/{ANN}/reset-password", status=200)
    app.registry.accounts_outbox.settle(smtp.SECONDS)
    # One to confirm, one after it.
    assert len(inbox.messages) == 3


def test_one_client_asks_for_only_so_many_mails(make_app, settings):
    app = make_app(**settings, account_failures_per_address="3")
    for number in range(3):
        app.post(f"/accounts/n{number}@example.com/reset-password", status=200)
    resp = app.post("/accounts/other@example.com/reset-password", status=429)
    assert int(resp.headers["Retry-After"]) > 0
    app.post_json("/accounts", SIGN_UP, status=429)


def test_no_request_fails_because_of_the_mail(app, inbox):
    inbox.refuse = "451 later"
    app.post_json("/accounts", SIGN_UP, status=201)
    deadline = time.monotonic() + smtp.SECONDS
    while not inbox.attempts:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    inbox.refuse = None
    app.post(f"/accounts/{ANN}/reset-password", status=200)


def test_a_mail_that_is_not_sent_is_tried_again(app, inbox, monkeypatch):
    monkeypatch.setattr("kinto.plugins.accounts.mailing._FINAL", ())
    inbox.refuse = "451 later"
    app.post_json("/accounts", SIGN_UP, status=201)
    deadline = time.monotonic() + smtp.SECONDS
    while not inbox.attempts:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    inbox.refuse = None
    assert inbox.wait_for(1)[0]["To"] == ANN


def test_an_undone_request_mails_nothing(app, inbox, monkeypatch):
    def refuse(event):
        raise RuntimeError

    app.app.registry.registerHandler(refuse, (ResourceChanged,))
    try:
        requests = [
            {"method": "POST", "path": "/accounts", "body": SIGN_UP},
            {"method": "PUT", "path": "/buckets/b", "headers": credentials("admin")},
        ]
        scripts.create_user({"registry": app.registry}, username="admin", password="secret")
        app.post_json("/batch", {"requests": requests}, status=500)
    finally:
        app.app.registry.unregisterHandler(refuse, (ResourceChanged,))
    app.registry.accounts_outbox.settle(smtp.SECONDS)
    assert inbox.messages == []
    assert app.storage.list_all(**confirming.PENDING) == []


def test_headers_of_mails_are_on_one_line(make_app, settings, inbox):
    app = make_app(**settings, **{"account_validation.email_subject_template": "Hello {name}"})
    data = {**SIGN_UP["data"], "name": "Ann\r\nBcc: all@example.com"}
    app.post_json("/accounts", {"data": data})
    message = inbox.wait_for(1)[0]
    assert message["Subject"] == "Hello Ann Bcc: all@example.com"
    assert message["Bcc"] is None


def test_mails_may_go_to_a_folder(make_app, settings, tmp_path):
    app = make_app(**settings, **{"mail.queue_path": str(tmp_path / "box")})
    app.post_json("/accounts", SIGN_UP)
    deadline = time.monotonic() + smtp.SECONDS
    while not list((tmp_path / "box").glob("new/*")):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_mailer_is_pluggable(make_app, settings):
    smtp.Mailer.sent.clear()
    app = make_app(**settings, **{"mail.mailer": "tests.smtp.Mailer"})
    app.post_json("/accounts", SIGN_UP)
    deadline = time.monotonic() + smtp.SECONDS
    while not smtp.Mailer.sent:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert smtp.Mailer.sent == [ANN]


def test_the_capability_tells_and_the_endpoints_are_there_only_then(make_app, app):
    assert app.get("/").json["capabilities"]["accounts"]["validation_enabled"] is True
    plain = make_app(**SETTINGS)
    plain.post(f"/accounts/{ANN}/reset-password", status=404)
    plain.post(f"/accounts/{ANN}/validate/x", status=404)


def test_a_pattern_that_is_none_stops_the_start(tmp_path, settings):
    settings |= {"account_validation.email_regexp": "("}
    with pytest.raises(ConfigurationError, match="email_regexp"):
        factories.build_api("memory", tmp_path, **settings)
