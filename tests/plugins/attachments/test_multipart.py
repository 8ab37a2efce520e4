"""Forms, whatever the pieces in which they come."""

from __future__ import annotations

import io

import pytest

from kinto.plugins.attachments import multipart
from kinto.plugins.attachments.multipart import FormTooLarge, InvalidForm, boundary_of, read_form

CONTENT = b"a\r\n--b\r\n--bound\r\n\r\n--boundar" + bytes(range(256))
FORM = (
    b"--boundary\r\n"
    b'Content-Disposition: form-data; name="data"\r\n\r\n'
    b'{"a": 1}\r\n'
    b"--boundary\r\n"
    b'Content-Disposition: form-data; name="file"; filename="\xc3\xa9.bin"\r\n'
    b"Content-Type: image/png\r\n\r\n" + CONTENT + b"\r\n--boundary--\r\n"
)


def read(body, **options):
    taken = []
    begin = options.pop("begin", lambda part: taken.append)
    form = read_form(io.BytesIO(body), b"boundary", file_name="file", begin=begin, **options)
    return form, b"".join(taken)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 100_000])
def test_a_form_is_read_in_pieces_of_any_size(monkeypatch, size):
    monkeypatch.setattr(multipart, "CHUNK", size)
    form, content = read(FORM)
    assert content == CONTENT
    assert bytes(form.find("data").value) == b'{"a": 1}'
    assert form.find("data").filename is None
    assert (form.find("file").filename, form.find("file").content_type) == ("é.bin", "image/png")
    assert form.find("other") is None


@pytest.mark.parametrize("length", range(1, len(FORM) - 2, 29))
def test_a_form_that_breaks_off_is_refused(length):
    with pytest.raises(InvalidForm):
        read(FORM[:length])


def test_a_second_file_is_read_over():
    second = FORM.replace(b"data", b"file").replace(b"\r\n\r\n{", b'; filename="x"\r\n\r\n{')
    form, content = read(FORM.removesuffix(b"--boundary--\r\n") + second)
    assert content == CONTENT
    assert len(form.parts) == 4


def test_fields_are_not_larger_than_json_may_be(monkeypatch):
    monkeypatch.setattr(multipart, "FIELDS_BYTES", 7)
    with pytest.raises(FormTooLarge):
        read(FORM)


def test_parts_are_not_too_many():
    part = b'--boundary\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n'
    with pytest.raises(InvalidForm, match="too many"):
        read(part * 101 + b"--boundary--\r\n")


def test_headers_of_parts_are_bounded():
    with pytest.raises(InvalidForm):
        read(b"--boundary\r\nX: " + b"y" * 100_000 + b"\r\n\r\n\r\n--boundary--\r\n")


def test_boundaries_are_read_from_the_header():
    assert boundary_of("multipart/form-data; boundary=abc") == b"abc"
    assert boundary_of('Multipart/Form-Data; boundary="a b"') == b"a b"
    assert boundary_of("multipart/form-data") == b""
    assert boundary_of("application/json; boundary=abc") is None
