"""What the plugin refuses to start with, `kinto create-user`, and the page of the docs."""

from __future__ import annotations

import logging
import re

import pytest
from pyramid.exceptions import ConfigurationError

from kinto.core.settings import InvalidSetting
from kinto.plugins.accounts import AccountsSettings, MailSettings, ValidationSettings, scripts
from tests import factories, smtp
from tests.plugins import pages
from tests.plugins.accounts.conftest import SETTINGS

FAST = {"account_bcrypt_rounds": "4"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"multiauth.policy.account.use": "x.Other"}, "Account policy missing"),
        ({"multiauth.policies": "basicauth account"}, "'basicauth' should not be mentioned before"),
        ({"account_create_principals": "system.Authenticated"}, "Affected users: .'system.Auth"),
        ({"account_create_principals": "account:x system.Everyone"}, "Affected users: .'account:x"),
    ],
)
def test_start_up_refuses(tmp_path, changes, message):
    settings = {**SETTINGS, **changes}
    if "Other" in str(changes):
        settings["multiauth.policies"] = "basicauth"
    with pytest.raises(ConfigurationError, match=message):
        factories.build_api("memory", tmp_path, **settings)


@pytest.mark.parametrize(
    "name", ["account_cache_ttl_seconds", "account_bcrypt_rounds", "account_failures_per_account"]
)
def test_numbers_are_numbers(tmp_path, name):
    with pytest.raises(InvalidSetting):
        factories.build_api("memory", tmp_path, **{**SETTINGS, name: "a"})


def test_memory_is_warned_about(tmp_path, capsys):
    factories.build_api("memory", tmp_path, **SETTINGS)
    assert capsys.readouterr().err.startswith("\033[1;31;40m")
    factories.build_api("sqlite", tmp_path, **SETTINGS)
    assert capsys.readouterr().err == ""


def test_the_policy_may_have_another_name(tmp_path):
    settings = {**SETTINGS, "multiauth.policies": "local"}
    del settings["multiauth.policy.account.use"]
    long_name = "kinto.plugins.accounts.authentication.AccountsAuthenticationPolicy"
    settings |= {"multiauth.policy.local.use": long_name, "multiauth.policy.local.realm": "Ours"}
    app = factories.build_api("memory", tmp_path, **settings)
    app.post_json("/accounts", {"data": {"id": "ann", "password": "secret"}})
    assert app.get("/", headers=factories.credentials("ann")).json["user"]["id"] == "account:ann"
    assert app.get("/buckets", status=401).headers["WWW-Authenticate"] == 'Basic realm="Ours"'


def test_a_wrong_password_falls_through_to_the_next_policy(tmp_path):
    app = factories.build_api(
        "memory", tmp_path, **{**SETTINGS, "multiauth.policies": "account basicauth"}
    )
    app.post_json("/accounts", {"data": {"id": "ann", "password": "secret"}})
    for password, kind in (("secret", "account:ann"), ("other", "basicauth:")):
        user = app.get("/", headers=factories.credentials("ann", password)).json["user"]
        assert user["id"].startswith(kind)


def test_create_user_makes_and_replaces(app, capsys):
    env = {"registry": app.registry}
    assert scripts.create_user(env, username="ann", password="first") == 0
    ann = factories.credentials("ann", "first")
    app.patch_json("/accounts/ann", {"data": {"city": "Oslo"}}, headers=ann)
    assert scripts.create_user(env, username="ann", password="second") == 0
    assert capsys.readouterr().out.splitlines()[-2:] == ["Creating user 'ann'"] * 2
    assert "user" not in app.get("/", headers=ann).json
    ann = factories.credentials("ann", "second")
    assert sorted(app.get("/accounts/ann", headers=ann).json["data"]) == ["id", "last_modified"]


def test_create_user_asks_until_it_understands(app, monkeypatch, capsys):
    names = iter(["-bad", "ann"])
    secrets = iter(["one", "two", "secret", "secret"])
    monkeypatch.setattr("builtins.input", lambda prompt: next(names))
    monkeypatch.setattr(scripts.getpass, "getpass", lambda prompt: next(secrets))
    assert scripts.create_user({"registry": app.registry}) == 0
    out = capsys.readouterr().out
    assert "{} is not a valid username.\nUsername should match ^[a-zA-Z0-9]" in out
    assert "Sorry, passwords do not match, please try again." in out
    assert app.get("/", headers=factories.credentials("ann")).json["user"]


def test_create_user_may_be_given_up(app, monkeypatch, capsys):
    def end(prompt):
        raise EOFError

    monkeypatch.setattr("builtins.input", end)
    assert scripts.create_user({"registry": app.registry}) == 53
    assert "User creation aborted" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        ({"readonly": "true"}, 51, "Cannot create a user with a readonly server."),
        ({"includes": ""}, 52, "Cannot create a user when the accounts plugin is not installed."),
    ],
)
def test_create_user_refuses(app, caplog, changes, code, message):
    caplog.set_level(logging.ERROR)
    with app.given(**changes):
        env = {"registry": app.registry}
        assert scripts.create_user(env, username="ann", password="x") == code
    assert message in caplog.text


def test_the_page_is_followed(make_app):
    app = make_app(**pages.settings_of("accounts"), **FAST)
    (command,) = pages.blocks("accounts", "shell")
    name, password = re.search(r"--username (\S+) --password (\S+)", command).groups()
    assert scripts.create_user({"registry": app.registry}, username=name, password=password) == 0
    pages.follow(app, "accounts")


def test_the_page_about_mail_is_followed(make_app):
    def key() -> str:
        return smtp.text_of(inbox.wait_for(1)[0]).rpartition(" ")[2]

    def credentials_of_reset() -> str:
        text = smtp.text_of(inbox.wait_for(3)[2])
        return factories.credentials("ann@example.com", text)["Authorization"].partition(" ")[2]

    with smtp.smtp_server() as inbox:
        settings = pages.settings_of("accounts-mail")
        assert (settings["mail.host"], settings["mail.port"]) == ("localhost", "25")
        settings |= {"mail.host": "127.0.0.1", "mail.port": str(inbox.port)} | FAST
        app = make_app(**settings)
        values = {"activation-key": key, "reset-credentials": credentials_of_reset}
        pages.follow(app, "accounts-mail", values)
        assert [item["Subject"] for item in inbox.messages] == [
            "Welcome",
            "Account active",
            "Reset password",
        ]


def test_the_pages_list_the_settings():
    assert pages.declared_in("accounts", AccountsSettings) == []
    for section in (ValidationSettings, MailSettings):
        assert pages.declared_in("accounts-mail", section) == []
