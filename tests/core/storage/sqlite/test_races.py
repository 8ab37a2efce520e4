"""Writers beside each other, in threads and in processes, on one file."""

import json
import threading

from kinto.core.runtime import units

LIST = ("record", "/buckets/b/collections/c")
THREADS, STEPS = 8, 25

INCREMENTS = """
import sys
from kinto.core.runtime import units
from kinto.core.storage.sqlite import Storage
from kinto.core.storage.sqlite.client import database_at
storage = Storage(database_at(sys.argv[1]))
place = ("record", "/buckets/b/collections/c")
sys.stdin.readline()
for step in range(int(sys.argv[2])):
    with units.unit_of_work():
        storage.lock_parent(*place)
        counter = storage.get(*place, "counter")
        storage.update(*place, "counter", {"n": counter["n"] + 1})
    storage.create(*place, {"step": step})
"""

KILLED = """
import sys
from kinto.core.runtime import units
from kinto.core.storage.sqlite import Storage
from kinto.core.storage.sqlite.client import database_at
storage = Storage(database_at(sys.argv[1]))
number = 0
while True:
    number += 1
    with units.unit_of_work():
        storage.create("a", "/p", {"id": f"i{number}"})
        storage.create("b", "/p", {"id": f"i{number}"})
    print(number, flush=True)
"""


def increment(storage):
    with units.unit_of_work():
        storage.lock_parent(*LIST)
        counter = storage.get(*LIST, "counter")
        storage.update(*LIST, "counter", {"n": counter["n"] + 1})


def in_threads(number, function):
    failures = []

    def run():
        try:
            function()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []


def test_no_increment_of_threads_is_lost(storage):
    storage.create(*LIST, {"id": "counter", "n": 0})
    in_threads(THREADS, lambda: [increment(storage) for _ in range(STEPS)])
    assert storage.get(*LIST, "counter")["n"] == THREADS * STEPS


def test_no_increment_of_processes_and_threads_is_lost(storage, path, start_python):
    storage.create(*LIST, {"id": "counter", "n": 0})
    processes = [start_python(INCREMENTS, path, str(STEPS * 2)) for _ in range(2)]
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    in_threads(4, lambda: [increment(storage) for _ in range(STEPS)])
    for process in processes:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
    assert storage.get(*LIST, "counter")["n"] == 2 * 2 * STEPS + 4 * STEPS
    times = [obj["last_modified"] for obj in storage.list_all(*LIST)]
    assert len(set(times)) == len(times) == 1 + 2 * 2 * STEPS
    assert storage.resource_timestamp(*LIST) == max(times)


def test_a_poller_sees_every_change_in_the_order_of_the_timestamps(storage):
    done = threading.Event()
    seen = {}

    def write():
        for _ in range(STEPS):
            with units.unit_of_work():
                for _ in range(3):
                    storage.create(*LIST, {})

    def poll():
        since = 0
        while True:
            last = done.is_set()
            timestamp, objects = storage.list_page(
                *LIST, filters=[("last_modified", since, ">")], include_deleted=True
            )
            seen.update((obj["id"], obj["last_modified"]) for obj in objects)
            since = timestamp
            if last:
                return

    poller = threading.Thread(target=poll)
    poller.start()
    in_threads(4, write)
    done.set()
    poller.join(30)
    assert len(seen) == 4 * STEPS * 3 == storage.count_all(*LIST)


def test_one_of_many_creations_of_an_id_succeeds(storage):
    outcomes = []

    def create():
        try:
            storage.create(*LIST, {"id": "same"})
            outcomes.append("created")
        except Exception as error:
            outcomes.append(type(error).__name__)

    in_threads(THREADS, create)
    assert sorted(outcomes) == ["UnicityError"] * (THREADS - 1) + ["created"]


def test_what_was_acknowledged_survives_the_end_of_the_process(storage, path, start_python):
    process = start_python(KILLED, path)
    acknowledged = [json.loads(process.stdout.readline()) for _ in range(30)]
    process.kill()
    acknowledged += [json.loads(line) for line in process.stdout.read().split()]
    process.wait(10)
    first = {obj["id"] for obj in storage.list_all("a", "/p")}
    second = {obj["id"] for obj in storage.list_all("b", "/p")}
    assert first == second
    assert {f"i{number}" for number in acknowledged} <= first
    assert storage.resource_timestamp("a", "/p") == max(
        obj["last_modified"] for obj in storage.list_all("a", "/p")
    )


def test_reading_goes_on_while_others_write(storage):
    storage.create(*LIST, {"id": "counter", "n": 0})
    locked, done = threading.Event(), threading.Event()

    def hold():
        with units.unit_of_work():
            storage.update(*LIST, "counter", {"n": 1})
            locked.set()
            done.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        assert locked.wait(10)
        assert storage.get(*LIST, "counter")["n"] == 0
    finally:
        done.set()
        thread.join(10)
    assert storage.get(*LIST, "counter")["n"] == 1
