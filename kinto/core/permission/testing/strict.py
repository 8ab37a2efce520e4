"""What the permission backends of this package promise besides: exactness and units of work.

Mixin to put beside `PermissionTest`.
"""

from __future__ import annotations

from kinto.core.permission.testing.exactness import ExactIdsTest, ExactPrincipalsTest
from kinto.core.permission.testing.together import ThreadsTest, UnitsOfWorkTest


class StrictPermissionTest(ExactIdsTest, ExactPrincipalsTest, UnitsOfWorkTest, ThreadsTest):
    """Used as `class MyTest(StrictPermissionTest, PermissionTest, unittest.TestCase)`."""

    more_calls_that_may_break = (("remove_principal", "principal"),)
