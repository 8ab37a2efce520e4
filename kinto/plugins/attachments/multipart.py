"""A form with one file, read as it comes: the file goes to a sink, the fields stay in memory.

The parsing itself is python-multipart's; what is known here is which parts a form may have.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO, Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

CHUNK = 256 * 1024
FIELDS_BYTES = 16 * 1024 * 1024
"""What all fields together may take: they are JSON, as other bodies are."""

MOST_PARTS = 100


class InvalidForm(ValueError):
    """The body is no form of this kind; the text is for the client."""


class FormTooLarge(ValueError):
    """The fields, without the file, are more than JSON may be."""


@dataclass
class Part:
    """One part of the form: `filename` is None for a field, whose value is in `value`."""

    name: str
    filename: str | None
    content_type: str | None
    value: bytearray = field(default_factory=bytearray)


@dataclass(frozen=True)
class Form:
    """What a form held, in order. Of the file part itself, the content went to the sink."""

    parts: tuple[Part, ...]

    def find(self, name: str) -> Part | None:
        """The first part of this name."""
        return next((part for part in self.parts if part.name == name), None)


def boundary_of(content_type: str) -> bytes | None:
    """The boundary of a form, empty when it has none; None when it is no form."""
    kind, options = parse_options_header(content_type)
    return options.get(b"boundary", b"") if kind == b"multipart/form-data" else None


def read_form(
    body: IO[bytes],
    boundary: bytes,
    *,
    file_name: str,
    begin: Callable[[Part], Callable[[bytes], Any] | None],
) -> Form:
    """Read a form to its end.

    Args:
        body: what is left of the request.
        file_name: name of the part that is the file.
        begin: called when the file begins; returns what takes its content, piece by piece, or
            None to read over it.
    Raises:
        InvalidForm: the body does not follow its boundary, or ends too early.
        FormTooLarge: see there.
    """
    reader = _Reader(file_name, begin)
    try:
        parser = MultipartParser(boundary, reader.callbacks())
        while piece := body.read(CHUNK):
            parser.write(piece)
        parser.finalize()
    except FormParserError as error:
        raise InvalidForm(str(error)) from error
    if not reader.ended:
        raise InvalidForm("The form ends too early.")
    return Form(tuple(reader.parts))


class _Reader:
    """The state between two calls of the parser."""

    def __init__(
        self, file_name: str, begin: Callable[[Part], Callable[[bytes], Any] | None]
    ) -> None:
        self.parts: list[Part] = []
        self.ended = False
        self._file_name = file_name
        self._begin = begin
        self._headers: dict[bytes, bytes] = {}
        self._header: tuple[bytearray, bytearray] = bytearray(), bytearray()
        self._sink: Callable[[bytes], Any] | None = None
        self._is_file = False
        self._fields = 0

    def callbacks(self) -> Any:
        return {
            "on_part_begin": self._part_begins,
            "on_header_field": lambda data, start, end: self._header[0].extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._header[1].extend(data[start:end]),
            "on_header_end": self._header_ends,
            "on_headers_finished": self._headers_end,
            "on_part_data": self._content,
            "on_end": self._ends,
        }

    def _part_begins(self) -> None:
        self._headers = {}
        if len(self.parts) >= MOST_PARTS:
            raise InvalidForm("The form has too many parts.")

    def _header_ends(self) -> None:
        name, value = self._header
        self._headers[bytes(name).lower()] = bytes(value)
        self._header = bytearray(), bytearray()

    def _headers_end(self) -> None:
        disposition = self._headers.get(b"content-disposition", b"").decode("latin-1")
        _, options = parse_options_header(disposition)
        kind = self._headers.get(b"content-type")
        filename = options.get(b"filename")
        part = Part(
            name=_text(options.get(b"name", b"")),
            filename=None if filename is None else _text(filename),
            content_type=None if kind is None else kind.decode("latin-1").strip(),
        )
        # A second file of the same name is read over, as browsers send one.
        first = all(known.name != self._file_name for known in self.parts)
        self._is_file = part.filename is not None or part.name == self._file_name
        self._sink = None
        if part.name == self._file_name and part.filename and first:
            self._sink = self._begin(part)
        self.parts.append(part)

    def _content(self, data: bytes, start: int, end: int) -> None:
        if self._sink is not None:
            self._sink(data[start:end])
        elif not self._is_file:
            self._fields += end - start
            if self._fields > FIELDS_BYTES:
                raise FormTooLarge
            self.parts[-1].value += data[start:end]

    def _ends(self) -> None:
        self.ended = True


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")
