"""A plugin whose views write, and are undone by the database as often as a test wants."""

from __future__ import annotations

from typing import Any

import transaction

from kinto.core import Service
from kinto.core.events import ACTIONS, AfterResourceChanged, ResourceChanged
from kinto.core.runtime import units
from kinto.core.storage.exceptions import TransientError

TIMES = {"left": 0}
SEEN: list[Any] = []
AFTER: list[Any] = []

undone = Service(name="undone", path="/undone/{where}")


def includeme(config: Any) -> None:
    config.add_subscriber(lambda event: SEEN.append("before"), ResourceChanged)
    config.add_subscriber(lambda event: AFTER.append(event.payload), AfterResourceChanged)
    config.scan("tests.core.transactions.undone")


def undo(times: int) -> None:
    """Have the database undo the next `times` requests, and forget what was seen."""
    TIMES["left"] = times
    SEEN.clear()
    AFTER.clear()


def maybe_undone() -> None:
    if TIMES["left"]:
        TIMES["left"] -= 1
        raise TransientError(message="deadlock detected")


class Shaky:
    """A participant that is undone when the unit commits."""

    prepare = staticmethod(maybe_undone)

    def commit(self) -> None: ...

    def abort(self) -> None: ...

    def savepoint(self) -> None: ...

    def rollback_to(self, mark: Any) -> None: ...


class Steady(Shaky):
    @staticmethod
    def prepare() -> None: ...


class ShakyLate(Steady):
    commit = staticmethod(maybe_undone)  # type: ignore[assignment]


@undone.post()
def write(request: Any) -> Any:
    """Write, stack an event, leave traces on the request, and be undone."""
    body = request.json
    SEEN.append((body, len(request.bound_data), hasattr(request, "trace")))
    request.trace = True
    request.bound_data["trace"] = True
    request.add_response_callback(_count_callback)
    transaction.get().addAfterCommitHook(lambda success: SEEN.append(f"committed {success}"))
    written = request.registry.storage.create("undone", "", dict(body))
    request.notify_resource_event(
        parent_id="",
        timestamp=written["last_modified"],
        data=written,
        action=ACTIONS.CREATE,
        resource_name="undone",
    )
    globals()[request.matchdict["where"]](request)
    return {"written": written["id"]}


def _count_callback(request: Any, response: Any) -> None:
    count = int(response.headers.get("X-Callbacks", "0")) + 1
    response.headers["X-Callbacks"] = str(count)


def in_the_view(request: Any) -> None:
    maybe_undone()


def at_the_commit(request: Any) -> None:
    units.current().join("shaky", Shaky)


def half_way_through_the_commit(request: Any) -> None:
    # Whatever the backend, one participant has committed when this one is undone.
    units.current().join("steady", Steady)
    units.current().join("shaky", ShakyLate)
