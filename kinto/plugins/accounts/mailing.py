"""Mails leave after the commit, from a thread of their own: no request waits for them or fails.

A mail that cannot be sent is tried again a few times, then given up with a line in the log that
tells neither its text nor its recipient. What is pluggable is the mailer: the setting
`mail.mailer` names a class that is made with `MailSettings` and whose `send` takes a message.
"""

from __future__ import annotations

import atexit
import logging
import mailbox
import queue
import smtplib
import ssl
import threading
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path
from typing import Any, Protocol

from kinto.core.runtime import clock, randomness
from kinto.plugins.accounts.settings import MailSettings

logger = logging.getLogger("kinto.plugins.accounts")

TIMEOUT_SECONDS = 10.0
MOST_WAITING = 1_000
PAUSES_SECONDS = (1.0, 10.0, 60.0)
"""Before each new attempt."""
_AT_EXIT_SECONDS = 5.0
_FINAL = (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError)


class Mailer(Protocol):
    """What sends one message."""

    def send(self, message: EmailMessage) -> None:
        """Hand the message on.

        Raises:
            Exception: it could not; the message is tried again later.
        """


class SmtpMailer:
    """Hands messages to an SMTP server, or puts them into files where the settings say so."""

    def __init__(self, settings: MailSettings) -> None:
        self._settings = settings

    def send(self, message: EmailMessage) -> None:
        """See `Mailer`."""
        settings = self._settings
        if settings.debug_mailer:
            folder = Path("mail")
            folder.mkdir(exist_ok=True)
            name = f"{clock.now_ms()}-{randomness.random_hex(4)}.eml"
            (folder / name).write_bytes(message.as_bytes())
        elif settings.queue_path:
            mailbox.Maildir(settings.queue_path).add(message.as_bytes())
        else:
            self._send_by_smtp(message)

    def _send_by_smtp(self, message: EmailMessage) -> None:
        settings = self._settings
        server: smtplib.SMTP
        if settings.ssl:
            server = smtplib.SMTP_SSL(
                settings.host,
                settings.port,
                timeout=TIMEOUT_SECONDS,
                context=ssl.create_default_context(),
            )
        else:
            server = smtplib.SMTP(settings.host, settings.port, timeout=TIMEOUT_SECONDS)
        with server:
            if settings.tls and not settings.ssl:
                server.starttls(context=ssl.create_default_context())
            if settings.username:
                server.login(settings.username, settings.password)
            server.send_message(message)


class Outbox:
    """Messages that wait for the thread that sends them, of one process.

    Args:
        pauses: seconds before each further attempt.
    """

    def __init__(self, mailer: Mailer, *, pauses: tuple[float, ...] = PAUSES_SECONDS) -> None:
        self._mailer = mailer
        self._pauses = pauses
        self._waiting: queue.Queue[EmailMessage | None] = queue.Queue(MOST_WAITING)
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closing = threading.Event()
        self._idle = threading.Event()

    def put(self, message: EmailMessage | None) -> None:
        """Have a message sent soon; never waits and never raises.

        Args:
            message: None does the same work here, and sends nothing.
        """
        try:
            self._waiting.put_nowait(message)
        except queue.Full:
            logger.error("Too many mails are waiting: one was dropped.")
            return
        self._ensure_thread()

    def settle(self, seconds: float) -> None:
        """Wait until all is sent or given up, for some seconds at most."""
        deadline = clock.monotonic() + seconds
        while self._waiting.unfinished_tasks and clock.monotonic() < deadline:
            self._idle.wait(0.05)

    def close(self) -> None:
        """At the end of the process: send what waits, without patience."""
        self._closing.set()
        self.settle(_AT_EXIT_SECONDS)

    def _ensure_thread(self) -> None:
        # Not at start-up: servers may fork after it, and threads do not survive that.
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=self._send_forever, name="kinto-mail", daemon=True
                )
                self._thread.start()
                atexit.register(self.close)

    def _send_forever(self) -> None:
        while True:
            message = self._waiting.get()
            self._idle.clear()
            try:
                if message is not None:
                    self._send(message)
            finally:
                self._waiting.task_done()
                self._idle.set()

    def _send(self, message: EmailMessage) -> None:
        for pause in (*self._pauses, None):
            try:
                self._mailer.send(message)
                return
            except Exception as error:
                # Texts of libraries repeat addresses: the kind of error has to do.
                logger.warning("Unable to send a mail: %s.", type(error).__name__)
                is_final = isinstance(error, _FINAL)
            if is_final or pause is None or self._closing.wait(pause):
                break
        logger.error("A mail was given up.")


def message_of(*, sender: str, recipient: str, subject: str, text: str) -> EmailMessage:
    """A plain message; line ends in headers become spaces."""
    message = EmailMessage()
    message["From"] = _on_one_line(sender)
    message["To"] = _on_one_line(recipient)
    message["Subject"] = _on_one_line(subject)
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].strip("<> ") or None)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    return message


def send_after_commit(request: Any, message: EmailMessage, *, is_sent: bool = True) -> None:
    """Send once what the request did is stored; not at all when it is undone.

    Args:
        is_sent: False takes the way of a message that is sent, up to the thread that sends.
    """
    outbox: Outbox = request.registry.accounts_outbox

    def after(success: bool) -> None:
        if success:
            outbox.put(message if is_sent else None)

    request.tm.get().addAfterCommitHook(after)


def _on_one_line(text: str) -> str:
    return " ".join(text.split())[:500]
