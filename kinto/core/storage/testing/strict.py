"""What the backends of this package promise besides. Mixin to put beside `StorageTest`."""

from __future__ import annotations

from kinto.core.storage.testing.appending import AppendingTest
from kinto.core.storage.testing.creating import CreatingTest
from kinto.core.storage.testing.exactness import ComparisonsTest, ExactnessTest
from kinto.core.storage.testing.isolation import IsolationTest, NeighboursTest
from kinto.core.storage.testing.promises import (
    DerivedTimestampsTest,
    ProposedTimestampsTest,
    ReadsTogetherTest,
    RestrictedListsTest,
)
from kinto.core.storage.testing.texts import TextsTest
from kinto.core.storage.testing.together import RacesTest, UnitsOfWorkTest


class StrictStorageTest(
    IsolationTest,
    NeighboursTest,
    ExactnessTest,
    ComparisonsTest,
    DerivedTimestampsTest,
    ProposedTimestampsTest,
    RestrictedListsTest,
    ReadsTogetherTest,
    TextsTest,
    AppendingTest,
    CreatingTest,
    UnitsOfWorkTest,
    RacesTest,
):
    """Used as `class MyTest(StrictStorageTest, StorageTest, unittest.TestCase)`."""
