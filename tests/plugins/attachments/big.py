"""Files larger than memory should be, sent to a real server while its memory is watched."""

from __future__ import annotations

import base64
import hashlib
import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.factories import credentials
from tests.servers import HOST, Server, configured

MB = 1024 * 1024
BLOCK = hashlib.sha512(b"block").digest() * (MB // 64)
RECORD = "/v1/buckets/b/collections/c/records/r"
ANN, BOB = credentials("ann"), credentials("bob")
TUS = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}
BOUNDARY = "frontier"


@contextmanager
def file_server(data: Path) -> Iterator[Server]:
    """A server with attachments and a collection, already warm."""
    settings = {
        "kinto.includes": "kinto.plugins.attachments",
        "kinto.attachment.base_path": str(data / "files"),
        "kinto.attachment.extensions": "any",
    }
    server = configured(backend="sqlite", data=data, settings=settings)
    ini = data / "server.ini"
    limit = "[server:main]\nmax_request_body_size = 4000000000"
    ini.write_text(ini.read_text().replace("[server:main]", limit))
    server.start()
    try:
        for path in ("/v1/buckets/b", "/v1/buckets/b/collections/c"):
            call(server, "PUT", path)
        upload(server, 2)
        download(server)
        yield server
    finally:
        server.kill()


def call(server: Server, method: str, path: str, body=None, **headers) -> http.client.HTTPResponse:
    """One request of ann's; the answer, its body read as `content`."""
    connection = http.client.HTTPConnection(HOST, server.port, timeout=600)
    try:
        connection.request(method, path, body=body, headers={**ANN, **headers})
        answer = connection.getresponse()
        answer.content = answer.read()
        return answer
    finally:
        connection.close()


def upload(server: Server, megabytes: int) -> str:
    """Send a file by a form; its SHA-256."""
    disposition = 'Content-Disposition: form-data; name="attachment"; filename="big.bin"'
    head = f"--{BOUNDARY}\r\n{disposition}\r\nContent-Type: x/y\r\n\r\n".encode()
    tail = f"\r\n--{BOUNDARY}--\r\n".encode()
    digest = hashlib.sha256()

    def content() -> Iterator[bytes]:
        yield head
        for _ in range(megabytes):
            digest.update(BLOCK)
            yield BLOCK
        yield tail

    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    headers["Content-Length"] = str(len(head) + megabytes * MB + len(tail))
    answer = call(server, "POST", f"{RECORD}/attachment", content(), **headers)
    assert answer.status in (200, 201), answer.content
    return digest.hexdigest()


def download(server: Server, user=ANN) -> tuple[int, str]:
    """Read the file; status and SHA-256 of what came."""
    connection = http.client.HTTPConnection(HOST, server.port, timeout=600)
    try:
        connection.request("GET", f"{RECORD}/attachments/main", headers=user)
        answer = connection.getresponse()
        digest = hashlib.sha256()
        while piece := answer.read(MB):
            digest.update(piece)
        return answer.status, digest.hexdigest()
    finally:
        connection.close()


def resume(server: Server, megabytes: int, *, piece: int) -> str:
    """Send a file by tus, in pieces of which one breaks off in the middle; its SHA-256."""
    name = base64.b64encode(b"big.bin").decode()
    headers = {**TUS, "Upload-Length": str(megabytes * MB), "Upload-Metadata": f"filename {name}"}
    begun = call(server, "POST", f"{RECORD}/uploads", **headers)
    path = begun.headers["Location"].partition(f":{server.port}")[2] or begun.headers["Location"]
    path = "/v1" + path.partition("/v1")[2]
    offset = broken = 0
    while offset < megabytes * MB:
        if offset and not broken:
            broken = offset
            break_off(server, path, offset, piece * MB)
            offset = int(call(server, "HEAD", path, **TUS).headers["Upload-Offset"])
            assert offset == broken
        size = min(piece * MB, megabytes * MB - offset)
        body = (BLOCK for _ in range(size // MB))
        headers = {**TUS, "Upload-Offset": str(offset), "Content-Length": str(size)}
        answer = call(server, "PATCH", path, body, **headers)
        assert answer.status == 204, answer.content
        offset = int(answer.headers["Upload-Offset"])
    assert broken
    digest = hashlib.sha256()
    for _ in range(megabytes):
        digest.update(BLOCK)
    return digest.hexdigest()


def break_off(server: Server, path: str, offset: int, size: int) -> None:
    """Announce a piece, send half of it, and hang up."""
    connection = http.client.HTTPConnection(HOST, server.port, timeout=60)
    connection.putrequest("PATCH", path)
    sent = {**ANN, **TUS, "Upload-Offset": str(offset), "Content-Length": str(size)}
    for header, value in sent.items():
        connection.putheader(header, value)
    connection.endheaders()
    connection.send(BLOCK[: min(MB, size // 2)])
    connection.close()


@dataclass
class Watch:
    """Resident memory of a process: at the beginning, and at its highest since."""

    pid: int
    begun: int = 0
    highest: int = 0

    @property
    def growth_mb(self) -> float:
        return (self.highest - self.begun) / 1024

    def look(self) -> int:
        text = Path(f"/proc/{self.pid}/status").read_text()
        return int(text.partition("VmRSS:")[2].split()[0])


@contextmanager
def watched(server: Server) -> Iterator[Watch]:
    """Look at the memory of a server twenty times a second."""
    watch = Watch(server.process.pid)
    watch.begun = watch.highest = watch.look()
    over = threading.Event()

    def run() -> None:
        while not over.wait(0.05):
            watch.highest = max(watch.highest, watch.look())

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield watch
    finally:
        over.set()
        thread.join()
