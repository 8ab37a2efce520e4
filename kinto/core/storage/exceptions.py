"""What a storage backend may raise; also raised by the cache and permission backends.

Exception
+-- BackendError               the service behind the backend failed       503
|   +-- ReadonlyError          a write was needed on a read-only server
|   +-- TransientError         undone by the database (deadlock): the unit may run again
|   +-- IntegrityError         two writes exclude each other; try again    409
|       +-- UnicityError       the id is already taken
+-- RecordNotFoundError        former name of the next one
    +-- ObjectNotFoundError    no live object has this id                  404
"""

from __future__ import annotations

from typing import Any


class BackendError(Exception):
    """The service behind a backend failed.

    `original` is the exception of the client library, kept as an attribute. The default message
    is its class and its text.
    """

    def __init__(
        self, original: Any = None, message: str | None = None, *args: Any, **kwargs: Any
    ) -> None:
        self.original = original
        if message is None:
            message = f"{original.__class__.__name__}: {original}"
        super().__init__(message, *args, **kwargs)


class ReadonlyError(BackendError):
    """The operation would have to write, and the backend was told not to."""


class TransientError(BackendError):
    """The database undid the transaction to let another one through; the same again may succeed."""


class RecordNotFoundError(Exception):
    """Deprecated name: catch `ObjectNotFoundError`. Catching this one catches both."""


class ObjectNotFoundError(RecordNotFoundError):
    """No live object has this id; its first argument is the id."""


class IntegrityError(BackendError):
    """The write cannot stand beside another one (same id or same timestamp, deadlock)."""


class UnicityError(IntegrityError):
    """A live object already has the value of `field`.

    `field` names the field, in practice that of the id. The next positional argument is the
    existing object, found again in `original`; the message leaves it out, as messages end in
    logs.
    """

    def __init__(self, field: str, *args: Any, **kwargs: Any) -> None:
        self.field = field
        self.msg = f"{field} is not unique"
        if len(args) < 2:
            kwargs.setdefault("message", self.msg)
        super().__init__(*args, **kwargs)
