"""Long lists: what is kept while they are put in order, and while they are counted."""

from __future__ import annotations

import random

import pytest

from kinto.core.protocol.terms import COMPARISON, Filter, Sort
from kinto.core.storage.memory import listing
from kinto.core.storage.memory.listing import Query, count_rows, select_rows
from kinto.core.storage.memory.rows import Row

SIZE = 500


class Watched:
    """A list whose rows are made one at a time; `most` is how many were alive together."""

    def __init__(self, colours: list[str]) -> None:
        self._colours = colours
        self.by_id: dict[str, Row] = {}
        self.alive = self.most = 0

    def in_any_order(self):
        return map(self._row, range(len(self._colours)))

    def _row(self, number: int) -> Row:
        data = {"id": f"r{number}", "last_modified": number, "colour": self._colours[number]}
        self.alive += 1
        self.most = max(self.most, self.alive)
        return CountedRow(self, data, ("record", ""), object_id=f"r{number}", modified=number)


class CountedRow(Row):
    def __init__(self, owner: Watched, *args, **kwargs) -> None:
        super().__init__(*args, created=0, **kwargs)
        self.owner = owner

    def __del__(self) -> None:
        self.owner.alive -= 1


@pytest.fixture
def rows(monkeypatch):
    monkeypatch.setattr(listing, "PART", 20)
    chance = random.Random(5)
    return Watched([chance.choice(["red", "green", "blue"]) for _ in range(SIZE)])


@pytest.mark.parametrize("limit", [0, 1, 7, SIZE, 2 * SIZE])
def test_a_page_in_any_order_is_that_of_the_whole_list(rows, limit):
    sorting = [Sort("colour", -1), Sort("last_modified", 1)]
    everything = select_rows([rows], Query(sorting=sorting), one_parent=True)
    assert len(everything) == SIZE
    page = Query(sorting=sorting, limit=limit)
    found = select_rows([rows], page, one_parent=True)
    assert [row.object_id for row in found] == [row.object_id for row in everything[:limit]]


def test_a_page_in_any_order_keeps_few_rows(rows):
    query = Query(sorting=[Sort("colour", 1)], limit=3)
    assert len(select_rows([rows], query, one_parent=True)) == 3
    assert rows.most < 60


def test_counting_keeps_no_row(rows):
    query = Query(filters=[Filter("colour", "pink", COMPARISON.NOT)])
    assert count_rows([rows], query) == SIZE
    assert rows.most < 5
