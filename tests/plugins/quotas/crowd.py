"""Many writers at the edge of a quota, each with a connection of its own."""

from __future__ import annotations

import random
import threading
from collections import Counter


def crowd(writers, rounds, send, *, seed=7):
    """Let writers create, replace and delete records of `b`; returns the statuses they saw.

    They write in the collection `c`, and in `d` that some of them delete and make again.
    `send()` gives each of them a function `call(method, path, body) -> status`.
    """
    seen = Counter()
    lock = threading.Lock()
    ready = threading.Barrier(writers)

    def write(number):
        choose = random.Random(seed + number)
        call = send()
        ready.wait(30)
        for _ in range(rounds):
            collection = f"/buckets/b/collections/{choose.choice('ccd')}"
            record = f"{collection}/records/w{number}-{choose.randrange(6)}"
            if collection.endswith("d") and choose.random() < 0.2:
                status = call(choose.choice(["DELETE", "PUT"]), collection, {"data": {}})
            elif choose.random() < 0.2:
                status = call("DELETE", record, None)
            elif choose.random() < 0.3:
                requests = [
                    {
                        "method": "PUT",
                        "path": f"/buckets/b/collections/{part}/records/w{number}-batch",
                        "body": {"data": {"n": "x" * choose.randrange(40)}},
                    }
                    for part in "dcc"
                ]
                status = call("POST", "/batch", {"requests": requests})
            else:
                status = call("PUT", record, {"data": {"n": "x" * choose.randrange(80)}})
            with lock:
                seen[status] += 1

    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seen
