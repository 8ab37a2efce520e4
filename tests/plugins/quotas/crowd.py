"""Many writers at the edge of a quota, each with a connection of its own."""

from __future__ import annotations

import random
import threading
from collections import Counter


def crowd(writers, rounds, send, *, seed=7):
    """Let writers create, replace and delete records of `b/c`; returns the statuses they saw.

    `send(method, path, body) -> status` is called from the thread of each writer.
    """
    seen = Counter()
    lock = threading.Lock()
    ready = threading.Barrier(writers)

    def write(number):
        choose = random.Random(seed + number)
        call = send()
        ready.wait(30)
        for _ in range(rounds):
            record = f"/buckets/b/collections/c/records/w{number}-{choose.randrange(6)}"
            if choose.random() < 0.2:
                status = call("DELETE", record, None)
            elif choose.random() < 0.3:
                requests = [
                    {
                        "method": "PUT",
                        "path": f"{record}-{part}",
                        "body": {"data": {"n": "x" * choose.randrange(40)}},
                    }
                    for part in range(3)
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
