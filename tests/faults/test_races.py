"""Writers at the same moment: none loses a write, none is refused, a poller misses nothing.

`FAULTS_SCALE=10` in the environment makes the load ten times heavier.
"""

import os
import threading
from contextlib import ExitStack
from itertools import cycle

from tests.faults.calls import Caller, calling, together
from tests.servers import RunningServer

SCALE = int(os.environ.get("FAULTS_SCALE", "1"))
INCREMENTS_EACH = 20 * SCALE
RECORDS_EACH = 30 * SCALE
WRITES_EACH = 40 * SCALE
ATTEMPTS = 5 * SCALE
BATCH = 5


def test_no_increment_of_a_counter_is_lost(site: RunningServer, records: str) -> None:
    path = f"{records}/counter"

    def increment(call: Caller, number: int) -> int:
        acknowledged = 0
        while acknowledged < INCREMENTS_EACH:
            current = call.must("GET", path)
            body = {"data": {"value": current.data["value"] + 1}}
            answer = call("PUT", path, body, If_Match=current.headers["etag"])
            assert answer.status in {200, 412}, answer
            acknowledged += answer.status == 200
        return acknowledged

    with calling(site.url) as call:
        call.must("PUT", path, {"data": {"value": 0}})
        total = sum(together(site.urls, increment, threads=8))
        assert call.must("GET", path).data["value"] == total == 8 * INCREMENTS_EACH


def test_of_many_writers_of_one_version_exactly_one_succeeds(
    site: RunningServer, records: str
) -> None:
    path = f"{records}/one"
    with calling(site.url) as call:
        for _ in range(ATTEMPTS):
            version = call.must("PUT", path, {"data": {"by": None}}).headers["etag"]
            start = threading.Barrier(8)

            def write(
                call: Caller,
                number: int,
                start: threading.Barrier = start,
                version: str = version,
            ) -> int:
                start.wait(10)
                body = {"data": {"by": number}}
                return call("PATCH", path, body, If_Match=version).status

            assert sorted(together(site.urls, write, threads=8)) == [200] + [412] * 7


def test_of_many_creators_of_one_id_exactly_one_succeeds(site: RunningServer, records: str) -> None:
    for attempt in range(ATTEMPTS):
        start = threading.Barrier(8)

        def create(
            call: Caller,
            number: int,
            start: threading.Barrier = start,
            attempt: int = attempt,
        ) -> int:
            start.wait(10)
            path = f"{records}/r{attempt}"
            return call("PUT", path, {"data": {"by": number}}, If_None_Match="*").status

        assert sorted(together(site.urls, create, threads=8)) == [201] + [412] * 7


def test_no_writer_of_distinct_records_is_refused(site: RunningServer, records: str) -> None:
    def create(call: Caller, number: int) -> list[tuple[int, str, int]]:
        made = []
        for n in range(RECORDS_EACH):
            body = {"data": {"by": number, "n": n}}
            answer = (
                call("POST", records, body)
                if n % 2
                else call("PUT", f"{records}/w{number}-{n}", body)
            )
            data = answer.body.get("data", {})
            made.append((answer.status, data.get("id", ""), data.get("last_modified", 0)))
        return made

    made = [each for some in together(site.urls, create, threads=12) for each in some]
    assert [status for status, _, _ in made if status != 201] == []
    with calling(site.urls[-1]) as call:
        stored = {each["id"]: each["last_modified"] for each in call.must("GET", records).data}
    assert stored == {id_: timestamp for _, id_, timestamp in made}
    assert len(set(stored.values())) == len(stored) == 12 * RECORDS_EACH


def test_a_poller_sees_every_change(site: RunningServer, records: str) -> None:
    writing = threading.Event()
    writing.set()
    seen: set[tuple[str, int]] = set()

    def poll() -> int:
        polls = 0
        with ExitStack() as stack:
            callers = cycle([stack.enter_context(calling(url)) for url in site.urls])
            since, path, last_round = 0, records, False
            while True:
                answer = next(callers).must("GET", path)
                seen.update((each["id"], each["last_modified"]) for each in answer.data)
                assert answer.etag >= since
                since = answer.etag
                path = f"{records}?_since={since}"
                polls += 1
                if last_round:
                    return polls
                last_round = not writing.is_set()

    def write(call: Caller, number: int) -> list[tuple[str, int]]:
        return singles(call, number) if number < 5 else batches(call, number)

    def singles(call: Caller, number: int) -> list[tuple[str, int]]:
        made = []
        for n in range(WRITES_EACH):
            path = f"{records}/s{number}-{n}"
            data = call.must("PUT", path, {"data": {"n": n}}).data
            if n % 5 == 4:
                data = call.must("DELETE", path).data
            made.append((data["id"], data["last_modified"]))
        return made

    def batches(call: Caller, number: int) -> list[tuple[str, int]]:
        made = []
        for n in range(WRITES_EACH // BATCH):
            requests = [{"path": f"{records}/b{number}-{n}-{each}"} for each in range(BATCH)]
            body = {
                "defaults": {"method": "PUT", "body": {"data": {}}},
                "requests": requests,
            }
            for each in call.must("POST", "/batch", body).body["responses"]:
                assert each["status"] == 201, each
                made.append((each["body"]["data"]["id"], each["body"]["data"]["last_modified"]))
        return made

    polls: list[int] = []
    poller = threading.Thread(target=lambda: polls.append(poll()))
    poller.start()
    try:
        made = [each for some in together(site.urls, write, threads=8) for each in some]
    finally:
        writing.clear()
        poller.join(30)
    assert set(made) - seen == set(), f"missed after {polls} polls"
    assert polls and polls[0] > 2
