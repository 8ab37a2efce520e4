"""Passwords: checked, changed, never shown, never guessed at leisure (reliability: L15, 12)."""

from __future__ import annotations

import itertools
import logging

import pytest

from kinto.core.runtime import units
from kinto.core.storage.exceptions import BackendError
from kinto.plugins.accounts import throttling, utils
from kinto.plugins.accounts.utils import CREDENTIALS, hash_password, is_password
from tests.factories import credentials
from tests.plugins.accounts.conftest import SETTINGS

PLANTED = "xyzzy-planted-password"


def is_in(app, headers):
    return "user" in app.get("/", headers=headers).json


@pytest.mark.parametrize("password", ["p", "é" * 40, "x" * 72, "x" * 5000, "a:b", "nul\\u0000no"])
def test_passwords_of_any_length_and_kind(app, sign_up, password):
    assert is_in(app, sign_up("bob", password))
    assert not is_in(app, credentials("bob", password + "x"))
    assert not is_in(app, credentials("bob", password[:-1] or "y"))


def test_hashes_are_salted():
    first, second = (hash_password("x", rounds=4) for _ in range(2))
    assert first != second
    assert is_password("x", first)
    assert is_password("x", second)
    assert not is_password("y", first)
    assert not is_password("x", None, rounds=4)


@pytest.mark.parametrize("headers", [credentials("ann", "wrong"), credentials("nobody", "secret")])
def test_wrong_credentials_are_anonymous(app, ann, headers):
    assert not is_in(app, headers)
    resp = app.get("/accounts/ann", headers=headers, status=401)
    assert resp.headers["WWW-Authenticate"] == 'Basic realm="Realm"'


@pytest.mark.parametrize("name", ["a\x00b", "é", "a:b", " ", "a/b", "x" * 5000, "*", "\ufffe"])
@pytest.mark.parametrize("password", ["x", "a\x00b", "kinto_t.", "kinto_r.\x00", "kinto_t.YQ.x.y"])
def test_strange_names_are_anonymous(app, name, password):
    assert not is_in(app, credentials(name, password))


@pytest.mark.parametrize("value", ["Basic", "Basic !!!", "Basic Og==", "Bearer x", "Basic YW5u"])
def test_strange_credentials_are_anonymous(app, ann, value):
    assert not is_in(app, {"Authorization": value})


@pytest.mark.parametrize(
    ("method", "body", "kind"),
    [
        ("PUT", b'{"data": {"password": "new"}}', "application/json"),
        ("PATCH", b'{"data": {"password": "new"}}', "application/json"),
        ("PATCH", b'{"data": {"password": "new"}}', "application/merge-patch+json"),
        (
            "PATCH",
            b'[{"op": "replace", "path": "/data/password", "value": "new"}]',
            "application/json-patch+json",
        ),
        (
            "PATCH",
            b'[{"op": "add", "path": "/data/password", "value": "new"}]',
            "application/json-patch+json",
        ),
    ],
)
def test_a_changed_password_holds_at_once(app, ann, method, body, kind):
    assert is_in(app, ann)
    headers = {**ann, "Content-Type": kind}
    resp = app.request("/accounts/ann", method=method, body=body, headers=headers)
    assert "password" not in resp.json["data"]
    assert not is_in(app, ann)
    assert is_in(app, credentials("ann", "new"))


@pytest.mark.parametrize("body", [{"data": {"a": 1}}, {"permissions": {"read": ["account:x"]}}])
def test_other_changes_leave_the_password(app, ann, body):
    app.patch_json("/accounts/ann", body, headers=ann)
    assert is_in(app, ann)


def test_a_json_patch_cannot_copy_or_remove_the_password(app, ann):
    kind = {**ann, "Content-Type": "application/json-patch+json"}
    for operation in (
        b'[{"op": "copy", "from": "/data/password", "path": "/data/x"}]',
        b'[{"op": "remove", "path": "/data/password"}]',
    ):
        app.patch("/accounts/ann", operation, headers=kind, status=400)
    assert is_in(app, ann)


def test_a_deleted_account_cannot_log_in_nor_come_back_with_its_password(app, ann):
    app.delete("/accounts/ann", headers=ann)
    assert not is_in(app, ann)
    assert app.storage.list_all(**CREDENTIALS) == []
    app.post_json("/accounts", {"data": {"id": "ann", "password": "other"}}, status=201)
    assert not is_in(app, ann)


def test_batches_see_the_change_of_a_password(app, ann):
    new = credentials("ann", "new")
    requests = [
        {"method": "PATCH", "path": "/accounts/ann", "body": {"data": {"password": "new"}}},
        {"path": "/accounts/ann"},
        {"path": "/accounts/ann", "headers": new},
        {"method": "DELETE", "path": "/accounts/ann", "headers": new},
        {"path": "/accounts/ann", "headers": new},
        {
            "method": "POST",
            "path": "/accounts",
            "headers": {"Authorization": ""},
            "body": {"data": {"id": "ann", "password": "third"}},
        },
    ]
    resp = app.post_json("/batch", {"requests": requests}, headers=ann)
    assert [item["status"] for item in resp.json["responses"]] == [200, 401, 200, 200, 401, 201]
    assert is_in(app, credentials("ann", "third"))


@pytest.mark.parametrize("ttl", ["0", "30"])
def test_the_verified_password_is_remembered_for_its_time(make_app, monkeypatch, ttl):
    app = make_app(**{**SETTINGS, "account_cache_ttl_seconds": ttl})
    app.post_json("/accounts", {"data": {"id": "ann", "password": "secret"}})
    compared = []
    check = utils.bcrypt.checkpw
    monkeypatch.setattr(utils.bcrypt, "checkpw", lambda *args: compared.append(1) or check(*args))
    for _ in range(3):
        assert is_in(app, credentials("ann"))
    assert len(compared) == (3 if ttl == "0" else 1)


def test_the_remembered_time_is_not_renewed_by_use(app, ann, monkeypatch):
    given = []
    keep = app.cache.set
    monkeypatch.setattr(
        app.cache, "set", lambda key, *a, **kw: given.append(key) or keep(key, *a, **kw)
    )
    for _ in range(3):
        assert is_in(app, ann)
    assert len(given) == 1


@pytest.mark.parametrize("value", ["true", {"token": "x"}, "x" * 64])
def test_a_forged_cache_entry_is_not_enough(app, ann, monkeypatch, value):
    monkeypatch.setattr(app.cache, "get", lambda key: value if "verified" in key else None)
    assert not is_in(app, credentials("ann", "wrong"))


def test_known_and_unknown_names_do_the_same_work(app, ann, monkeypatch):
    work = []
    for name in ("checkpw", "hashpw"):
        real = getattr(utils.bcrypt, name)
        monkeypatch.setattr(
            utils.bcrypt, name, lambda *args, real=real: work.append(1) or real(*args)
        )
    seen = []
    for name in ("ann", "nobody", "not a name", "x" * 1000):
        work.clear()
        answer = app.get("/accounts/ann", headers=credentials(name, "wrong"), status=401)
        seen.append((len(work), answer.json))
    assert seen == [seen[0]] * 4
    assert seen[0][0] == 1


@pytest.mark.parametrize("stored", [4, 5, 7])
def test_hashes_of_a_lower_cost_are_not_told_by_time(monkeypatch, stored):
    hashed = hash_password("x", rounds=stored)
    work = []
    for name in ("checkpw", "hashpw"):
        real = getattr(utils.bcrypt, name)
        monkeypatch.setattr(
            utils.bcrypt,
            name,
            lambda a, b, real=real: work.append(2 ** int(b.split(b"$")[2])) or real(a, b),
        )
    assert is_password("x", hashed, rounds=7)
    assert not is_password("y", hashed, rounds=7)
    assert sum(work) == 2 * 2**7


def test_bcrypt_never_runs_under_the_write_lock(app, ann, monkeypatch):
    locked = []
    lock = app.storage.lock_parent
    monkeypatch.setattr(app.storage, "lock_parent", lambda *a: locked.append(a) or lock(*a))
    for name in ("checkpw", "hashpw"):
        real = getattr(utils.bcrypt, name)

        def checked(*args, real=real):
            assert units.current() is None or not locked
            return real(*args)

        monkeypatch.setattr(utils.bcrypt, name, checked)
    bob = {"id": "bob", "password": "x"}
    requests = [
        {
            "method": "POST",
            "path": "/accounts",
            "headers": {"Authorization": ""},
            "body": {"data": bob},
        },
        {"method": "PUT", "path": "/buckets/b"},
        {"method": "PATCH", "path": "/accounts/ann", "body": {"data": {"password": "new"}}},
        {"path": "/buckets/b", "headers": credentials("ann", "wrong")},
    ]
    resp = app.post_json("/batch", {"requests": requests}, headers=ann)
    assert [item["status"] for item in resp.json["responses"]] == [201, 201, 200, 401]
    locked.clear()
    app.put_json("/buckets/c", headers=credentials("ann", "new"), status=201)
    locked.clear()
    app.patch_json("/accounts/ann", {"data": {"password": "y"}}, headers=credentials("ann", "new"))


def test_a_planted_password_is_in_no_answer_and_no_log(app, caplog, sign_up):
    caplog.set_level(logging.DEBUG)
    ann = sign_up("ann", PLANTED)
    hashed = app.storage.get(**CREDENTIALS, object_id="ann")["hash"]
    shown = []
    for path in (
        "/",
        "/accounts",
        "/accounts/ann",
        "/accounts?_since=0",
        "/accounts?_sort=password",
    ):
        shown.append(app.get(path, headers=ann).text)
    for query in (f"password={hashed}", "has_password=true", "like_password=2b"):
        resp = app.get(f"/accounts?{query}", headers=ann)
        assert resp.json["data"] == []
    stale = {**ann, "If-Match": '"1"'}
    body = {"data": {"password": PLANTED}}
    shown += [
        app.put_json("/accounts/ann", body, headers=stale, status=412).text,
        app.put_json("/accounts/ann", body, headers=ann).text,
        app.patch_json("/accounts/ann", body, headers={**ann, "Response-Behavior": "diff"}).text,
        app.patch_json("/accounts/ann", body, headers={**ann, "Response-Behavior": "light"}).text,
        app.post_json("/accounts", {"data": {"id": "ann", **body["data"]}}, headers=ann).text,
        app.delete("/accounts/ann", headers=ann).text,
    ]
    for text in (*shown, caplog.text, *(str(vars(record)) for record in caplog.records)):
        assert PLANTED not in text
        assert hashed not in text
        assert "$2b$" not in text


@pytest.mark.parametrize("name", ["ann", "nobody"])
def test_too_many_wrong_passwords_are_told_to_wait(make_app, name):
    app = make_app(**SETTINGS, account_failures_per_account="3")
    app.post_json("/accounts", {"data": {"id": "ann", "password": "secret"}})
    for _ in range(3):
        assert not is_in(app, credentials(name, "wrong"))
    resp = app.get("/", headers=credentials(name, "secret"), status=429)
    assert 1 <= int(resp.headers["Retry-After"]) <= 300
    assert resp.json["code"] == 429
    assert app.get("/", status=200)
    assert not is_in(app, credentials("other", "wrong"))


def test_whoever_is_verified_is_not_shut_out_by_others(make_app):
    app = make_app(**SETTINGS, account_failures_per_account="3")
    app.post_json("/accounts", {"data": {"id": "ann", "password": "secret"}})
    assert is_in(app, credentials("ann"))
    for _ in range(4):
        app.get("/", headers=credentials("ann", "wrong"), expect_errors=True)
    assert is_in(app, credentials("ann"))


def test_an_address_that_tries_many_names_is_told_to_wait(make_app):
    app = make_app(**SETTINGS, account_failures_per_address="5")
    for index in range(5):
        assert not is_in(app, credentials(f"n{index}", "wrong"))
    app.get("/", headers=credentials("another", "wrong"), status=429)
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    app.get("/", headers=credentials("another", "wrong"), extra_environ=elsewhere)


def test_a_batch_of_guesses_is_counted(make_app):
    app = make_app(**SETTINGS, account_failures_per_account="3")
    guesses = [{"path": "/", "headers": credentials("ann", f"guess{index}")} for index in range(6)]
    resp = app.post_json("/batch", {"requests": guesses})
    statuses = [item["status"] for item in resp.json["responses"]]
    assert statuses == [200] * 3 + [429] * 3


def test_wrong_passwords_are_forgotten_after_the_window(make_app, monkeypatch):
    app = make_app(**SETTINGS, account_failures_per_account="1")
    assert not is_in(app, credentials("ann", "wrong"))
    app.get("/", headers=credentials("ann", "wrong"), status=429)
    app.cache.flush()
    assert not is_in(app, credentials("ann", "wrong"))


def test_names_are_counted_apart(app):
    for name, _ in itertools.product(("a", "b", "c"), range(9)):
        assert not is_in(app, credentials(name, "wrong"))


@pytest.fixture
def no_cache(app, ann, monkeypatch):
    """A cache that is away, for an application with an account."""

    def away(*args, **kwargs):
        raise BackendError(message="away")

    for name in ("get", "set", "delete"):
        monkeypatch.setattr(app.cache, name, away)
    monkeypatch.setattr(throttling, "_counted_here", {})


def test_without_the_cache_passwords_are_still_asked_for(app, ann, no_cache):
    assert is_in(app, ann)
    assert is_in(app, ann)
    assert not is_in(app, credentials("ann", "wrong"))


def test_without_the_cache_guesses_are_still_counted(app, ann, no_cache, monkeypatch):
    for index in range(10):
        assert not is_in(app, credentials("ann", f"guess{index}"))
    app.get("/", headers=credentials("ann", "guess"), status=429)
    monkeypatch.setattr(throttling, "MOST_COUNTED_HERE", 4)
    for index in range(9):
        assert not is_in(app, credentials(f"n{index}", "wrong"))
    assert len(throttling._counted_here) == 4
