"""The permission table: every route to every object gives what the specification gives.

Each cell is sent alone and, most of them, in a batch as well; status, listed ids, disclosure and
what is stored afterwards are compared with `permission_oracle`. `PERMISSION_TABLE=full` in the
environment runs the whole product instead of a share; `PERMISSION_TABLE_SEED` draws other lots.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest

from tests import factories
from tests.security import permission_replies as replies
from tests.security import permission_world as world
from tests.security.permission_cells import Block, Cell, blocks, random_blocks
from tests.security.permission_oracle import Answer, World, entries, expected, readable

FULL = os.environ.get("PERMISSION_TABLE") == "full"
SEED = os.environ.get("PERMISSION_TABLE_SEED", "2026")
LOTS = 2000 if FULL else 80
BLOCKS = {
    block.name: block for block in (*blocks(full=FULL), *random_blocks(number=LOTS, seed=SEED))
}
SETTINGS = {role: frozenset({world.user_id(role)}) for role in world.ROLES}

ON_DISK = 1 if FULL else 5
"""SQLite runs one cell in so many; what it may answer differently lies in its backends only."""

IN_DISGUISE = 1 if FULL else 7
"""One cell in so many is also sent to another spelling of its path."""


@pytest.fixture(scope="module", params=factories.BACKENDS)
def app(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[factories.Api]:
    """The application in which each role is named by its setting."""
    if not factories.has_backend(request.param):
        pytest.skip(f"no {request.param} backend yet")
    folder = tmp_path_factory.mktemp("table")
    settings = {**world.role_settings(), "experimental_permissions_endpoint": True}
    app = factories.build_api(request.param, folder, **settings)
    yield app
    app.empty()


def test_the_table_has_more_than_5000_cells(capsys: pytest.CaptureFixture[str]) -> None:
    number = sum(len(block.cells) for block in BLOCKS.values())
    with capsys.disabled():
        print(f"\npermission table: {number} cells in {len(BLOCKS)} sets of permissions")
    assert number > 5000


@pytest.mark.parametrize("name", BLOCKS)
def test_requests_on_their_own(app: factories.Api, name: str) -> None:
    table = Table(app, BLOCKS[name])
    table.judge(lambda cells: [replies.send(app, cell) for cell in cells])


@pytest.mark.parametrize("name", BLOCKS)
def test_requests_in_batches(app: factories.Api, name: str) -> None:
    table = Table(app, BLOCKS[name])
    table.judge(lambda cells: replies.send_together(app, cells))


@pytest.mark.parametrize("name", BLOCKS)
def test_requests_to_encoded_paths_in_batches(app: factories.Api, name: str) -> None:
    table = Table(app, BLOCKS[name], share=IN_DISGUISE)
    table.judge(lambda cells: replies.send_together(app, cells, spell=replies.disguised))


@pytest.mark.parametrize("name", BLOCKS)
def test_the_permissions_endpoint(app: factories.Api, name: str) -> None:
    world.fill(app.registry, BLOCKS[name].aces)
    stored = World(world.OBJECTS, BLOCKS[name].aces, SETTINGS)
    for caller in sorted({cell.caller for cell in BLOCKS[name].cells}):
        found = replies.entries(app, caller)
        assert found == entries(stored, world.principals_of(caller)), caller


@pytest.mark.parametrize("name", [name for name in BLOCKS if " and " not in name][::15])
def test_requests_with_default_settings(make_app: Callable[[], factories.Api], name: str) -> None:
    everyone_creates = {"bucket_create": frozenset({"system.Authenticated"})}
    app = make_app()
    table = Table(app, BLOCKS[name], share=3, settings=everyone_creates)
    table.judge(lambda cells: [replies.send(app, cell) for cell in cells])


class Table:
    """One block of cells, with the answers that the oracle gives to them."""

    def __init__(
        self,
        app: factories.Api,
        block: Block,
        *,
        share: int = 1,
        settings: Mapping[str, frozenset[str]] = SETTINGS,
    ) -> None:
        self.app, self.block = app, block
        self.world = World(world.OBJECTS, block.aces, settings, world.TOMBSTONES)
        on_disk = app.registry.settings["storage_backend"] != "kinto.core.storage.memory"
        step = share * (ON_DISK if on_disk else 1)
        self.answers = {
            cell: expected(self.world, world.principals_of(cell.caller), cell.request)
            for cell in block.cells[len(block.name) % step :: step]
        }
        self.readable = {
            caller: readable(self.world, world.principals_of(caller))
            for caller in {cell.caller for cell in self.answers}
        }

    def judge(self, send: Callable[[Sequence[Cell]], list[replies.Reply]]) -> None:
        """Fail with the mistakes, if there are any."""
        found = self._run(send)
        assert not found, "\n".join([f"{len(found)} mistakes in {self.block.name}", *found[:20]])

    def _run(self, send: Callable[[Sequence[Cell]], list[replies.Reply]]) -> list[str]:
        """Send all cells; those that change something one by one, in a world made anew."""
        found = []
        before = self._fill()
        idle = [cell for cell, answer in self.answers.items() if not _changes(cell, answer)]
        for cells in replies.in_batches(idle):
            for cell, reply in zip(cells, send(cells), strict=True):
                found += self._mistakes(cell, reply)
        if self._state() != before:
            found.append(f"{self.block.name}: refused requests changed what is stored")
        for cell, answer in self.answers.items():
            if _changes(cell, answer):
                before = self._fill()
                (reply,) = send([cell])
                found += self._mistakes(cell, reply)
                found += _wrong_changes(cell, answer, before, self._state())
        return found

    def _mistakes(self, cell: Cell, reply: replies.Reply) -> list[str]:
        readable = self.readable[cell.caller]
        return replies.mistakes(cell, self.answers[cell], reply, readable=readable)

    def _fill(self) -> dict[str, Any]:
        world.fill(self.app.registry, self.block.aces)
        return self._state()

    def _state(self) -> dict[str, Any]:
        return world.state(self.app.registry)


def _changes(cell: Cell, answer: Answer) -> bool:
    if cell.request.method == "POST" and answer.status == 200:
        return False
    return cell.request.method not in ("GET", "HEAD") and not answer.is_refusal


def _wrong_changes(
    cell: Cell, answer: Answer, before: dict[str, Any], after: dict[str, Any]
) -> list[str]:
    """What a successful write did besides what it had to do, or left undone."""
    live = {uri for uri, (obj, _) in after.items() if obj and not obj.get("deleted")}
    found = [f"{cell}: {uri} is still there" for uri in sorted(answer.removed & live)]
    found += [
        f"{cell}: left permissions of {uri}"
        for uri in sorted(answer.removed)
        if after.get(uri, (None, {}))[1]
    ]
    touched = {uri for uri in before.keys() | after.keys() if before.get(uri) != after.get(uri)}
    cascaded = {uri for uri in touched if any(uri.startswith(f"{r}/") for r in answer.removed)}
    found += [f"{cell}: {uri} left a tombstone" for uri in sorted(cascaded & after.keys())]
    for uri in sorted(touched - answer.removed - cascaded):
        meant = uri.rpartition("/")[0] if cell.request.method == "POST" else uri
        if cell.request.method == "DELETE" or meant != cell.request.path:
            found.append(f"{cell}: changed {uri}")
    return found
