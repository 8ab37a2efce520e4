"""What can be wrong with a request, as values: error numbers, and the problem of one parameter.

The edge (`kinto.core.http.failures`) is the one place that turns them into a status and a body.

    ProtocolFailure
    └── Problem          one entry of the `details` of a 400
"""

from __future__ import annotations

from enum import Enum
from typing import Any, Final, Literal

Location = Literal["body", "querystring", "header", "path"]


class ERRORS(Enum):
    """The numbers of the public error table (`errno`)."""

    MISSING_AUTH_TOKEN = 104
    INVALID_AUTH_TOKEN = 105
    BADJSON = 106
    INVALID_PARAMETERS = 107
    MISSING_PARAMETERS = 108
    INVALID_POSTED_DATA = 109
    INVALID_RESOURCE_ID = 110
    MISSING_RESOURCE = 111
    MISSING_CONTENT_LENGTH = 112
    REQUEST_TOO_LARGE = 113
    MODIFIED_MEANWHILE = 114
    METHOD_NOT_ALLOWED = 115
    VERSION_NOT_AVAILABLE = 116
    CLIENT_REACHED_CAPACITY = 117
    FORBIDDEN = 121
    CONSTRAINT_VIOLATED = 122
    BACKEND = 201
    SERVICE_DEPRECATED = 202
    UNDEFINED = 999


class ProtocolFailure(ValueError):
    """A rule of the protocol refuses the request."""

    errno: ERRORS = ERRORS.INVALID_PARAMETERS


class Problem(ProtocolFailure):
    """One thing wrong with a request: an entry of the `details` of a 400.

    Attributes:
        location: part of the request.
        name: dotted path of the offending element; None when there is none.
        description: text of the catalogue of the protocol.
    """

    def __init__(self, location: Location, name: str | None, description: str) -> None:
        super().__init__(location, name, description)
        self.location: Final[Location] = location
        self.name: Final = name
        self.description: Final = description

    def __str__(self) -> str:
        return message_of(self.location, self.name, self.description)

    def as_detail(self) -> dict[str, Any]:
        """Return the entry of `details`."""
        return {"location": self.location, "name": self.name, "description": self.description}


def message_of(location: str, name: str | int | None, description: str) -> str:
    """Compose the `message` of a 400 from its first problem."""
    if name is None:
        return f"{location}: {description}"
    if str(name) in description:
        return description
    return f"{name} in {location}: {description}"


def render(value: Any) -> str:
    """Return the text of a JSON value in a message: bare at top level, as Python inside."""
    return value if isinstance(value, str) else repr(value)
