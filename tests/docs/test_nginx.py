"""docs/operations/nginx.md: nginx takes its configuration, and Kinto names its addresses right."""

import datetime
import json
import re
import ssl
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests import debian
from tests.acceptance.scaling.servers import NGINX, Helper, folders
from tests.servers import ROOT, running_server

PAGE = (ROOT / "docs" / "operations" / "nginx.md").read_text(encoding="utf-8")


class Nginx(Helper):
    name = "nginx"

    def __init__(self, folder: Path, page: str) -> None:
        super().__init__(folder)
        for written, here in {
            "127.0.0.1:8888": "127.0.0.1:{kinto}",
            "listen 443": f"listen 127.0.0.1:{self.port}",
            "/etc/ssl/kinto.example.com": f"{folder}/certificate",
        }.items():
            assert written in page
            page = page.replace(written, here)
        self.page = page
        self.command = ["-e", f"{folder}/log", "-p", str(folder), "-c", f"{folder}/conf"]

    def configure(self, kinto: int) -> None:
        page = self.page.replace("{kinto}", str(kinto))
        (self.folder / "conf").write_text(NGINX.format(folder=self.folder, page=page))


def of_page(language: str) -> str:
    (block,) = re.findall(rf"^```{language}\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
    return block


@pytest.fixture
def nginx(tmp_path: Path) -> Iterator[Nginx]:
    debian.program("nginx")
    name, value = of_page("ini").strip().split(" = ")
    with folders() as new:
        proxy = Nginx(new("nginx"), of_page("nginx"))
        _sign(proxy.folder / "certificate")
        settings = {name: value, "kinto.paginate_by": "1"}
        with running_server(data=tmp_path, settings=settings) as server:
            proxy.configure(server.servers[0].port)
            proxy.start()
            try:
                yield proxy
            finally:
                proxy.stop()


def _sign(stem: Path) -> None:
    """Make a certificate for the name in the page; nobody but this test trusts it."""
    name = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, re.findall(r"server_name (\S+);", PAGE)[0])]
    )
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now - datetime.timedelta(days=1),
        not_valid_after=now + datetime.timedelta(days=1),
    )
    signed = builder.sign(key, hashes.SHA256())
    stem.with_suffix(".pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    stem.with_suffix(".key").write_bytes(private)


def test_kinto_behind_the_configuration_of_the_page_names_addresses_of_https(nginx: Nginx) -> None:
    context = ssl.create_default_context(cafile=f"{nginx.folder}/certificate.pem")
    context.check_hostname = False
    base = f"https://127.0.0.1:{nginx.port}/v1"

    def send(method: str, path: str) -> tuple[dict, dict]:
        request = urllib.request.Request(base + path, method=method)
        request.add_header("Authorization", "Basic " + b64encode(b"alice:secret").decode())
        with urllib.request.urlopen(request, timeout=20, context=context) as answer:
            return dict(answer.headers), json.load(answer)

    assert send("GET", "/")[1]["url"] == f"{base}/"
    records = "/buckets/tasks/collections/c/records"
    for path in ("/buckets/tasks", "/buckets/tasks/collections/c", f"{records}/1", f"{records}/2"):
        send("PUT", path)
    assert send("GET", records)[0]["Next-Page"].startswith(base)
