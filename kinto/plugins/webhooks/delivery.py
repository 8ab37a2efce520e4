"""Delivering one hook: the lists of its outbox in turn, the events of each list in order.

A list whose delivery is refused waits, longer each time, and then sends one event at a time; the
others go on. When nobody answers, or only with errors of a server, the whole hook pauses.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from kinto.core.runtime import clock, randomness
from kinto.core.runtime.outgoing import Answer, OutgoingFailed, OutgoingRefused, fetch
from kinto.core.utils import json
from kinto.plugins.webhooks import outbox
from kinto.plugins.webhooks.lease import Lease
from kinto.plugins.webhooks.settings import Hook, WebhooksSettings
from kinto.plugins.webhooks.signing import HEADER, signature

logger = logging.getLogger("kinto.plugins.webhooks")

AT_ONCE = 50
"""Events in one delivery."""
MAX_BYTES = 1_000_000
"""Size of a delivery, unless one event is larger."""
LONGEST_PAUSE = 60.0
LONGEST_WAIT = 300.0
"""Seconds until the next attempt: of a hook nobody answers for, of a list that is refused."""

_IN_A_ROW = 20
_IDLE_MS = 3_600_000
_DAY_MS = 86_400_000
_BUSY = (408, 425, 429)


class Refused(Exception):
    """A delivery was not accepted.

    Args:
        reason: for people, without secrets.
        answered: whether the receiver answered this very delivery.
        overloaded: whether other deliveries would most likely fare the same now.
        wait: seconds that the receiver asked for.
    """

    def __init__(
        self, reason: str, *, answered: bool, overloaded: bool, wait: float | None = None
    ) -> None:
        super().__init__(reason)
        self.answered = answered
        self.overloaded = overloaded
        self.wait = wait


class Deliverer:
    """Delivers one hook, for one thread.

    Args:
        is_stopping: asked between two deliveries.
    """

    def __init__(
        self,
        storage: Any,
        name: str,
        hook: Hook,
        *,
        settings: WebhooksSettings,
        is_stopping: Callable[[], bool] = bool,
    ) -> None:
        self.lease = Lease(storage, name, timeout=settings.timeout_seconds)
        self._storage = storage
        self._name = name
        self._hook = hook
        self._settings = settings
        self._is_stopping = is_stopping
        self._empty: dict[str, int] = {}
        self._streak = 0
        self._paused_until = 0.0

    def run(self) -> int:
        """Deliver what is due; returns how many events were.

        Raises:
            BackendError: the storage does not answer; nothing is lost.
        """
        if clock.monotonic() < self._paused_until or not self._waiting():
            return 0
        if not self.lease.hold():
            return 0
        troubles = outbox.troubles(self._storage, self._name)
        delivered = 0
        # What was seen before the lease was had may have been delivered by somebody else.
        for list_id, stamp in self._waiting():
            trouble = troubles.get(list_id)
            if trouble is not None and trouble["next_at"] > clock.now_ms():
                continue
            try:
                delivered += self._deliver_list(list_id, stamp, trouble)
            except Refused as refusal:
                if self._pause(refusal):
                    break
            if self._is_stopping() or not self.lease.hold():
                break
        return delivered

    def _waiting(self) -> list[tuple[str, int]]:
        """Lists with something to deliver and their timestamps; the longest untouched first."""
        found = outbox.lists(self._storage, self._name)
        self._empty = {key: stamp for key, stamp in self._empty.items() if key in found}
        old = clock.now_ms() - _IDLE_MS
        waiting = []
        for list_id, stamp in sorted(found.items(), key=lambda item: item[1]):
            if self._empty.get(list_id) != stamp:
                waiting.append((list_id, stamp))
            elif stamp < old and self.lease.hold():
                outbox.forget(self._storage, list_id)
        return waiting

    def _deliver_list(self, list_id: str, stamp: int, trouble: dict[str, Any] | None) -> int:
        """Deliver the head of a list; returns how many events.

        Raises:
            Refused: the receiver did not accept it; noted already.
        """
        delivered = 0
        for _ in range(_IN_A_ROW):
            entries = outbox.oldest(self._storage, list_id, limit=1 if trouble else AT_ONCE)
            if not entries:
                if not delivered:
                    self._empty[list_id] = stamp
                break
            sent, body = _body(self._name, entries)
            try:
                self._post(body)
            except Refused as refusal:
                self._note(list_id, entries[0], trouble, refusal)
                raise
            outbox.remove(self._storage, list_id, [entry["id"] for entry in sent])
            if trouble is not None:
                outbox.end_trouble(self._storage, self._name, trouble)
                trouble = None
            self._streak = 0
            delivered += len(sent)
            if self._is_stopping() or not self.lease.hold():
                break
        return delivered

    def _post(self, body: bytes) -> None:
        seconds = clock.now_ms() // 1000
        headers = {
            "Content-Type": "application/json",
            "X-Kinto-Hook": self._name,
            HEADER: signature(body, secret=self._hook.secret, seconds=seconds),
        }
        try:
            answer = fetch(
                "POST",
                self._hook.url,
                headers=headers,
                body=body,
                allowed_hosts=self._settings.allowed_hosts or None,
                allow_private=self._settings.allow_private,
                timeout=self._settings.timeout_seconds,
            )
        except (OutgoingFailed, OutgoingRefused) as error:
            raise Refused(str(error), answered=False, overloaded=True) from error
        if not 200 <= answer.status < 300:
            overloaded = answer.status >= 500 or answer.status in _BUSY
            raise Refused(
                f"answered {answer.status}",
                answered=True,
                overloaded=overloaded,
                wait=_retry_after(answer),
            )

    def _note(
        self, list_id: str, entry: dict[str, Any], trouble: dict[str, Any] | None, refusal: Refused
    ) -> None:
        """Note a refusal; what is too old is put aside."""
        logger.warning("Webhook %r: %s was not delivered, %s.", self._name, list_id, refusal)
        age = clock.now_ms() - entry["noted_at"]
        if age > self._settings.keep_days * _DAY_MS:
            outbox.give_up(self._storage, self._name, list_id, entry, reason=str(refusal))
            logger.error("Webhook %r: gave up event %s of %s.", self._name, entry["id"], list_id)
            return
        if not refusal.answered:
            return  # It says nothing about this list: the pause of the hook is enough.
        attempts = 1 if trouble is None else trouble["attempts"] + 1
        wait = max(_backoff(attempts, longest=LONGEST_WAIT), refusal.wait or 0)
        outbox.note_trouble(
            self._storage,
            self._name,
            {
                "id": randomness.new_uuid() if trouble is None else trouble["id"],
                "list": list_id,
                "attempts": attempts,
                "next_at": clock.now_ms() + round(1000 * wait),
                "reason": str(refusal),
            },
        )

    def _pause(self, refusal: Refused) -> bool:
        """Whether the other lists have to wait, too."""
        if not refusal.overloaded:
            return False
        self._streak += 1
        self._paused_until = clock.monotonic() + _backoff(self._streak, longest=LONGEST_PAUSE)
        return True


def _body(name: str, entries: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], bytes]:
    """As many events as fit into one delivery, at least one, and its body."""
    texts: list[str] = []
    size = 0
    for entry in entries:
        text = json.dumps(entry["event"])
        size += len(text)
        if texts and size > MAX_BYTES:
            break
        texts.append(text)
    body = f'{{"hook":{json.dumps(name)},"events":[{",".join(texts)}]}}'
    return entries[: len(texts)], body.encode()


def _backoff(attempts: int, *, longest: float) -> float:
    """Seconds until the next attempt: doubled each time, the upper half of it left to chance."""
    seconds = min(2.0 ** min(attempts - 1, 20), longest)
    return seconds / 2 + seconds / 2 * randomness.random_fraction()


def _retry_after(answer: Answer) -> float | None:
    """What the receiver asked for, in seconds and within reason."""
    text = answer.headers.get("Retry-After") or ""
    return min(float(text), 3600.0) if text.isascii() and text.isdigit() else None
