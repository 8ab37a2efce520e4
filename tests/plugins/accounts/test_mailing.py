"""How mail leaves: encrypted where that is asked for, or not at all; with patience, not for ever."""

from __future__ import annotations

import logging
import smtplib
import ssl

import pytest

from kinto.plugins.accounts.mailing import MOST_WAITING, Outbox, SmtpMailer, message_of
from kinto.plugins.accounts.settings import MailSettings
from tests import smtp
from tests.certificates import make_authority

USER = ("kinto", "s3cr3t of the mail")


@pytest.fixture
def message():
    return message_of(
        sender="us@example.com", recipient="ann@example.com", subject="Hello", text="Text"
    )


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return make_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def trusted(authority, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))


def mailer(inbox, **settings):
    given = {f"mail.{name}": value for name, value in settings.items()}
    address = {"mail.host": "127.0.0.1", "mail.port": str(inbox.port)}
    return SmtpMailer(MailSettings.from_mapping({**address, **given}))


@pytest.mark.parametrize("way", ["tls", "ssl"])
def test_mail_is_encrypted_and_its_sender_known(way, authority, trusted, tmp_path, message):
    context = authority.server(tmp_path, host="127.0.0.1")
    how = {"starttls" if way == "tls" else "tls": context}
    with smtp.smtp_server(**how, user=USER if way == "tls" else None) as inbox:
        settings = {way: "true"}
        if way == "tls":
            settings |= {"username": USER[0], "password": USER[1]}
        mailer(inbox, **settings).send(message)
        assert inbox.wait_for(1)[0]["Subject"] == "Hello"


def test_a_server_that_is_somebody_else_gets_no_mail(authority, trusted, tmp_path, message):
    context = authority.server(tmp_path, host="another.example.com")
    with smtp.smtp_server(starttls=context) as inbox:
        with pytest.raises(ssl.SSLCertVerificationError):
            mailer(inbox, tls="true").send(message)
        assert inbox.attempts == 0


def test_without_encryption_where_it_is_asked_for_nothing_is_sent(message):
    with smtp.smtp_server() as inbox:
        with pytest.raises(smtplib.SMTPNotSupportedError):
            mailer(inbox, tls="true").send(message)
        assert inbox.attempts == 0


def test_a_wrong_password_of_the_mail_is_told_without_the_password(
    authority, trusted, tmp_path, message, caplog, monkeypatch
):
    # The server of the tests is slow to refuse.
    monkeypatch.setattr("kinto.plugins.accounts.mailing.TIMEOUT_SECONDS", 1.0)
    caplog.set_level(logging.DEBUG)
    context = authority.server(tmp_path, host="127.0.0.1")
    with smtp.smtp_server(starttls=context, user=USER) as inbox:
        settings = {"tls": "true", "username": USER[0], "password": "wrong of the mail"}
        outbox = Outbox(mailer(inbox, **settings), pauses=())
        outbox.put(message)
        outbox.settle(smtp.SECONDS)
        assert inbox.attempts == 0
    # Mails of other tests may be given up at the same time.
    sender = outbox._thread.ident
    ours = [record.getMessage() for record in caplog.records if record.thread == sender]
    ours = [text for text in ours if "mail" in text]
    assert ours[0].startswith("Unable to send a mail: ")
    assert ours[1:] == ["A mail was given up."]
    assert "of the mail" not in str(ours)


def test_too_many_waiting_mails_are_dropped_and_nobody_waits(message, caplog):
    class Stuck:
        def send(self, message):
            raise OSError

    outbox = Outbox(Stuck(), pauses=(60.0,))
    for _ in range(MOST_WAITING + 2):
        outbox.put(message)
    assert "one was dropped" in caplog.text
    outbox._closing.set()
    outbox.settle(smtp.SECONDS)
