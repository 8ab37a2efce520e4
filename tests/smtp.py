"""A real SMTP server for the tests, in a thread: it keeps what it is sent."""

from __future__ import annotations

import email
import email.policy
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any, ClassVar

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from tests.servers import HOST, free_port

SECONDS = 10.0


@dataclass
class Received:
    """The messages that came, in order; `refuse` makes the server answer with an error."""

    port: int = 0
    messages: list[EmailMessage] = field(default_factory=list)
    refuse: str | None = None
    attempts: int = 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Called by the server for each message."""
        self.attempts += 1
        if self.refuse is not None:
            return self.refuse
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        return "250 OK"

    def wait_for(self, count: int) -> list[EmailMessage]:
        """The messages, once there are that many."""
        deadline = time.monotonic() + SECONDS
        while len(self.messages) < count:
            assert time.monotonic() < deadline, f"{len(self.messages)} of {count} mails came"
            time.sleep(0.01)
        return self.messages


@contextmanager
def smtp_server(
    *,
    starttls: ssl.SSLContext | None = None,
    tls: ssl.SSLContext | None = None,
    user: tuple[str, str] | None = None,
) -> Iterator[Received]:
    """Run a server on the loopback address until the block ends.

    Args:
        starttls: the server demands that clients encrypt with it.
        tls: the server encrypts from the first byte.
        user: name and password that clients have to log in with.
    """
    received = Received(port=free_port())

    def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> Any:
        given = (data.login.decode(), data.password.decode())
        return AuthResult(success=given == user)

    controller = Controller(
        received,
        hostname=HOST,
        port=received.port,
        ready_timeout=30.0,
        ssl_context=tls,
        tls_context=starttls,
        require_starttls=starttls is not None,
        authenticator=authenticate,
        auth_required=user is not None,
        auth_require_tls=starttls is not None,
    )
    controller.start()
    try:
        yield received
    finally:
        controller.stop()


def text_of(message: EmailMessage) -> str:
    """The text of a message, without the end of its last line."""
    return str(message.get_content()).strip()


class Mailer:
    """A mailer of somebody else: it only notes to whom it would send."""

    sent: ClassVar[list[str]] = []

    def __init__(self, settings: Any) -> None:
        self.settings = settings

    def send(self, message: EmailMessage) -> None:
        self.sent.append(message["To"])
