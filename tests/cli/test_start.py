"""`kinto start` in processes: the first minute of a newcomer, and the last of a server."""

import json
import signal
import socket
import stat
import urllib.request

import pytest

from tests.servers import Server, configured, embedded, free_port


@pytest.fixture
def newcomer(tmp_path):
    """`kinto start --data` with an empty folder, running."""
    server = embedded(tmp_path / "data")
    server.start()
    yield server
    server.kill()


def get(url: str) -> dict:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)


def stop(server: Server) -> int:
    assert server.process is not None
    server.process.send_signal(signal.SIGTERM)
    return server.process.wait(15)


def test_a_newcomer_is_told_what_to_do(newcomer, tmp_path):
    text = newcomer.log.read_text()
    assert str(tmp_path / "data" / "kinto.sqlite") in text
    assert "any user:password is accepted" in text
    assert f"{newcomer.url}/buckets/a-bucket" in text
    assert "Warning" not in text and "Traceback" not in text


def test_the_root_document_is_no_reason_to_complain(newcomer):
    get(f"{newcomer.url}/")
    assert "ERROR" not in newcomer.log.read_text()


def test_the_server_offers_what_development_needs(newcomer):
    capabilities = get(f"{newcomer.url}/")["capabilities"]
    assert {"basicauth", "permissions_endpoint", "schema"} <= set(capabilities)


def test_its_files_are_private(newcomer, tmp_path):
    modes = {
        path.name: stat.S_IMODE(path.stat().st_mode)
        for path in (tmp_path / "data").iterdir()
        if path != newcomer.log
    }
    assert modes["secrets.json"] == 0o600
    assert all(not mode & 0o077 for mode in modes.values()), modes


def test_sigterm_ends_it_with_success(newcomer):
    assert stop(newcomer) == 0
    assert "Traceback" not in newcomer.log.read_text()


def test_users_stay_themselves_after_a_restart(newcomer):
    def whoami():
        request = urllib.request.Request(f"{newcomer.url}/")
        request.add_header("Authorization", "Basic YW5uOnNlY3JldA==")
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)["user"]["id"]

    before = whoami()
    stop(newcomer)
    newcomer.start()
    assert whoami() == before


def test_a_taken_port_is_told_in_two_lines(tmp_path):
    server = embedded(tmp_path / "data")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", server.port))
        taken.listen()
        with pytest.raises(AssertionError):
            server.start()
    text = server.log.read_text()
    assert "OSError: [Errno 98] Address already in use" in text and "--port" in text
    assert "Traceback" not in text


def test_an_ini_server_drains_too(tmp_path):
    server = configured(backend="memory", data=tmp_path)
    server.start()
    assert stop(server) == 0
    text = server.log.read_text()
    assert "Starting server in PID" in text and "Traceback" not in text


def test_a_misspelled_setting_never_starts(tmp_path):
    server = configured(backend="memory", data=tmp_path, settings={"kinto.paginate_bye": "5"})
    with pytest.raises(AssertionError, match=r"did you mean 'kinto\.paginate_by'"):
        server.start()
    assert "Traceback" not in server.log.read_text()


def test_basicauth_on_every_address_warns_loudly(tmp_path):
    port = free_port()
    data = tmp_path / "data"
    arguments = ["--data", str(data), "--host", "0.0.0.0", "--port", str(port)]
    server = Server(arguments, port, tmp_path / "log")
    server.start()
    server.kill()
    assert "WARNING: this server listens on 0.0.0.0" in server.log.read_text()
