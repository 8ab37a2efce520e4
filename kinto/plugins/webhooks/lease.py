"""Who delivers a hook: one deliverer at a time, whatever the number of processes and machines.

The lease is an object in the storage with an end; whoever holds it delivers, and one that died
is succeeded when its lease ends.
"""

from __future__ import annotations

from typing import Any

from kinto.core.runtime import clock, randomness, units
from kinto.core.storage.exceptions import BackendError
from kinto.plugins.webhooks.outbox import ROOT

RESOURCE_NAME = "webhook-lease"

TIMEOUTS = 6
"""Length of a lease, in timeouts of one delivery: nobody outlives it unnoticed."""


class Lease:
    """The right of one deliverer to deliver one hook. For one thread.

    Args:
        timeout: seconds that one delivery takes at most.
    """

    def __init__(self, storage: Any, hook: str, *, timeout: float) -> None:
        self._storage = storage
        self._hook = hook
        self._timeout = timeout
        self._holder = randomness.random_hex(8)
        self._until = 0

    def hold(self) -> bool:
        """Whether this deliverer may deliver, for as long as one delivery takes.

        Takes or prolongs the lease when there is need.

        Raises:
            BackendError: the storage does not answer.
        """
        now = clock.now_ms()
        if self._until - now > 2000 * self._timeout:
            return True
        until = now + round(1000 * self._timeout * TIMEOUTS)
        with units.unit_of_work():
            self._storage.lock_parent(RESOURCE_NAME, ROOT)
            (held,) = self._storage.get_many([(RESOURCE_NAME, ROOT, self._hook)])
            if held and held["holder"] != self._holder and held["until"] > now:
                return False
            lease = {"id": self._hook, "holder": self._holder, "until": until}
            self._storage.update(RESOURCE_NAME, ROOT, self._hook, lease)
        self._until = until
        return True

    def release(self) -> None:
        """Let others deliver at once. Never raises: a lease that is not given back ends."""
        if not self._until:
            return
        self._until = 0
        try:
            with units.unit_of_work():
                self._storage.lock_parent(RESOURCE_NAME, ROOT)
                (held,) = self._storage.get_many([(RESOURCE_NAME, ROOT, self._hook)])
                if held and held["holder"] == self._holder:
                    self._storage.update(
                        RESOURCE_NAME, ROOT, self._hook, {**held, "until": 0, "holder": ""}
                    )
        except BackendError:
            return
