"""A plugin whose views write, then end their transaction in every way there is."""

from __future__ import annotations

from typing import Any

import transaction
from pyramid.httpexceptions import HTTPForbidden

from kinto.core import Service
from kinto.core.runtime import units
from kinto.core.storage.exceptions import BackendError

HOOKS: list[str] = []

probe = Service(name="probe", path="/probe/{ending}")


def includeme(config: Any) -> None:
    config.scan("tests.core.transactions.probe")


@probe.post()
def end(request: Any) -> Any:
    request.registry.storage.create("probe", "", {"id": "written"})
    return globals()[request.matchdict["ending"]](request)


def plain(request: Any) -> Any:
    return {}


def raises(request: Any) -> Any:
    raise ValueError("on purpose")


def refuses(request: Any) -> Any:
    raise HTTPForbidden()


def returns_an_error(request: Any) -> Any:
    request.response.status_code = 409
    return {}


def dooms(request: Any) -> Any:
    request.tm.doom()
    return {}


def hooks(request: Any) -> Any:
    HOOKS.clear()
    current = transaction.get()
    current.addBeforeCommitHook(lambda: HOOKS.append("before"))
    current.addAfterCommitHook(
        lambda success: HOOKS.append(f"after {success} {units.current() is None}")
    )
    return {}


def hook_writes(request: Any) -> Any:
    storage = request.registry.storage
    transaction.get().addBeforeCommitHook(
        lambda: storage.create("probe", "", {"id": "by-the-hook"})
    )
    return {}


def hook_fails(request: Any) -> Any:
    def fail() -> None:
        raise BackendError(message="no room left")

    transaction.get().addBeforeCommitHook(fail)
    return {}


def unit_fails(request: Any) -> Any:
    class Full:
        def prepare(self) -> None:
            raise BackendError(message="no room left")

        def commit(self) -> None: ...

        def abort(self) -> None: ...

        def savepoint(self) -> None: ...

        def rollback_to(self, mark: Any) -> None: ...

    units.current().join("full", Full)
    return {}
