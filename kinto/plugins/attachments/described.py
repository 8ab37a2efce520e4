"""What the endpoints take and answer, for `/__api__`; the views read their bodies themselves."""

from __future__ import annotations

import colander

from kinto.core.openapi import answer, failure, many

_BINARY = {"type": "string", "format": "binary"}


class Attachment(colander.MappingSchema):
    """The file of a record, as it stands in the record."""

    filename = colander.SchemaNode(colander.String())
    location = colander.SchemaNode(colander.String())
    hash = colander.SchemaNode(colander.String(), description="SHA-256, in hexadecimal.")
    mimetype = colander.SchemaNode(colander.String())
    size = colander.SchemaNode(colander.Integer())

    @staticmethod
    def schema_type() -> colander.Mapping:
        return colander.Mapping(unknown="preserve")


class Form(colander.MappingSchema):
    """The parts of a form."""

    attachment = colander.SchemaNode(
        colander.String(), openapi={"format": "binary"}, description="The file."
    )
    data = colander.SchemaNode(
        colander.String(), missing=colander.drop, description="Attributes of the record, in JSON."
    )
    permissions = colander.SchemaNode(
        colander.String(), missing=colander.drop, description="Its permissions, in JSON."
    )


class FormRequest(colander.MappingSchema):
    media_types = ("multipart/form-data",)
    body = Form()


class FileRequest(colander.MappingSchema):
    media_types = ("application/octet-stream",)
    body = colander.SchemaNode(colander.String(), openapi=_BINARY, description="The content.")


class UploadHeaders(colander.MappingSchema):
    """Of tus 1.0, when an upload begins."""

    version = colander.SchemaNode(
        colander.String(),
        name="Tus-Resumable",
        missing=colander.drop,
        validator=colander.OneOf(["1.0.0"]),
        description="The version of the protocol; without it the answer is 412.",
    )
    length = colander.SchemaNode(
        colander.Integer(), name="Upload-Length", validator=colander.Range(min=0)
    )
    metadata = colander.SchemaNode(
        colander.String(),
        name="Upload-Metadata",
        missing=colander.drop,
        description="`name`, `filename` and `filetype`, each with its value in base 64.",
    )


class UploadRequest(colander.MappingSchema):
    header = UploadHeaders()


class PieceHeaders(colander.MappingSchema):
    """Of tus 1.0, when an upload goes on."""

    version = colander.SchemaNode(
        colander.String(),
        name="Tus-Resumable",
        missing=colander.drop,
        validator=colander.OneOf(["1.0.0"]),
        description="The version of the protocol; without it the answer is 412.",
    )
    offset = colander.SchemaNode(
        colander.Integer(), name="Upload-Offset", validator=colander.Range(min=0)
    )


class PieceRequest(colander.MappingSchema):
    # Its type is told in words: tools that make requests do not know how to write this one.
    header = PieceHeaders()
    body = colander.SchemaNode(
        colander.String(),
        openapi=_BINARY,
        description="The next piece, as `application/offset+octet-stream`.",
    )


class AbandonHeaders(colander.MappingSchema):
    """Of tus 1.0, when an upload is given up."""

    version = colander.SchemaNode(
        colander.String(),
        name="Tus-Resumable",
        missing=colander.drop,
        validator=colander.OneOf(["1.0.0"]),
        description="The version of the protocol; without it the answer is 412.",
    )


class AbandonRequest(colander.MappingSchema):
    header = AbandonHeaders()


_INVALID = failure("What is sent is refused.")
_TOO_LARGE = failure("It is larger than the collection accepts.")
_MODIFIED = failure("The record, or the version of the protocol, is another one.")
_BUSY = failure("Another request is writing this upload.")

STORED = {
    "200": answer("The file was replaced.", Attachment()),
    "201": answer("The file was added.", Attachment()),
    "400": _INVALID,
    "412": _MODIFIED,
}
REMOVED = {
    "204": answer("The file is gone."),
    "400": _INVALID,
    "412": _MODIFIED,
}
LISTED = {"200": many("The files of the record.")}
CONTENT = {
    "200": answer("The content.", content_type="*/*"),
    "206": answer("A part of it."),
    "304": answer("It has not changed."),
    "400": _INVALID,
    "412": _MODIFIED,
    "416": failure("There is no such part."),
}
BEGUN = {
    "201": answer("The address of the upload is in `Location`."),
    "400": _INVALID,
    "412": _MODIFIED,
    "413": _TOO_LARGE,
    "429": failure("The caller has too many unfinished uploads."),
}
APPENDED = {
    "204": answer("`Upload-Offset` tells how much was received."),
    "400": _INVALID,
    "410": failure("What was received is lost: begin again."),
    "412": _MODIFIED,
    "413": _TOO_LARGE,
    "415": failure("The body is of another type."),
    "423": _BUSY,
}
ABANDONED = {
    "204": answer("The upload is given up."),
    "400": _INVALID,
    "412": _MODIFIED,
    "423": _BUSY,
}
