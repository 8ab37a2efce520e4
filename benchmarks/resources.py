"""What a server costs besides time for requests: its start, its memory, what grows with data."""

from __future__ import annotations

import http.client
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.filling import BUCKET, Client, fill
from benchmarks.measuring import Cell, Figures, Load, measure
from benchmarks.scenarios import RECORDS, WHOLE, Scenario, Site, http_request
from benchmarks.servers import memory_kib, ours, stop
from tests.servers import ROOT, configured

SMALL = 1_000
_STARTS = 3
_IMPORTS = 5


@dataclass(frozen=True)
class Costs:
    """Seconds and MiB."""

    start: float
    imported: float
    idle: float


def costs(folder: Path) -> Costs:
    """Seconds to the first answer and to import, memory of a server that has answered one request.

    The server is the default one: SQLite, an ini file, one process.
    """
    starts, idle = [], []
    for number in range(_STARTS):
        data = folder / f"start{number}"
        data.mkdir()
        server = configured(backend="sqlite", data=data)
        began = time.perf_counter()
        server.start()
        starts.append(time.perf_counter() - began)
        assert server.process is not None
        idle.append(memory_kib(server.process.pid) / 1024)
        stop(server)
    return Costs(median(starts), _import_seconds(), median(idle))


def _import_seconds() -> float:
    program = (
        "import time; began = time.perf_counter(); import kinto; print(time.perf_counter() - began)"
    )
    command = [sys.executable, "-c", program]
    return median(
        float(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)
        for _ in range(_IMPORTS)
    )


def whole_answer(site: Site) -> tuple[float, float]:
    """MiB of the answer with all records, and of the memory that making it took."""
    client = Client(site.port)
    path = RECORDS.format("large")[3:]
    client.call("GET", path)  # caches of bounded size are filled
    Path(f"/proc/{site.pid}/clear_refs").write_text("5")  # VmHWM starts from what is resident
    before = memory_kib(site.pid)
    answer, _ = client.call("GET", path)
    after = memory_kib(site.pid, "VmHWM")
    client.close()
    assert len(answer["data"]) >= 1
    return _bytes_of(site) / 2**20, (after - before) / 1024


def _bytes_of(site: Site) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=60)
    head, _, _ = WHOLE.requests(site)[0].partition("\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:])
    connection.request("GET", RECORDS.format("large"), headers=headers)
    size = len(connection.getresponse().read())
    connection.close()
    return size


def growth(folder: Path, *, records: int, load: Load, rounds: int) -> tuple[Figures, list[Cell]]:
    """Questions about a list that did not change, when it is short and when it is long (SQLite)."""
    with ours("sqlite", folder, name="growth") as site:
        client = Client(site.port)
        user = client.call("GET", "/")[0]["user"]["id"]
        cells = []
        for name, count in (("short", SMALL), ("long", records)):
            client.call("PUT", BUCKET.format(name))
            fill(folder / "growth" / "growth.ini", name, count, user=user)
            _, etag = client.call("HEAD", RECORDS.format(name)[3:])
            path = RECORDS.format(name)
            since = http_request("GET", f"{path}?_since=%22{etag}%22")
            same = http_request("GET", path, If_None_Match=f'"{etag}"')
            page = http_request("GET", f"{path}?_limit=25")
            for kind, text, status in (
                ("_since", since, 200), ("304", same, 304), ("page of 25", page, 200)
            ):  # fmt: skip
                scenario = Scenario(kind, lambda site, text=text: [text], (status,))
                cells.append(Cell(name, scenario, site))
        client.close()
        return measure(cells, rounds=rounds, load=load), cells
