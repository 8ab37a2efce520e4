"""If-Match and If-None-Match against the current state: the whole decision, as one function."""

from __future__ import annotations

from enum import Enum

from kinto.core.protocol.timestamps import ANY, Precondition

READING = ("GET", "HEAD")


class Decision(Enum):
    """What the preconditions of a request allow."""

    PROCEED = "proceed"
    NOT_MODIFIED = "not modified"
    FAILED = "failed"


def decide(
    method: str,
    *,
    exists: bool,
    current: int,
    if_match: Precondition | None = None,
    if_none_match: Precondition | None = None,
) -> Decision:
    """Apply the decision list of the protocol, in its order.

    For writes, the state must have been read under the lock that the write holds: the check
    and the change are one step, or the check is worth nothing.

    Args:
        method: upper-case HTTP method.
        exists: whether the target does; a list always does.
        current: timestamp of the target; that of its list when it does not exist.
        if_match: parsed header, None when absent.
        if_none_match: the same.
    """
    if method in READING and if_none_match is not None and if_none_match == current:
        return Decision.NOT_MODIFIED
    if if_none_match == ANY and exists:
        return Decision.FAILED
    if if_match is not None:
        if not exists:
            return Decision.FAILED
        if if_match not in (ANY, current):
            return Decision.FAILED
    return Decision.PROCEED
