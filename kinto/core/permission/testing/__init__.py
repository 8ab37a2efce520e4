"""Conformance of permission backends: mixins for `unittest.TestCase`.

`PermissionTest` is what every backend has to pass; `StrictPermissionTest` adds what the backends
of this package promise besides.
"""

from kinto.core.permission.testing.certification import PermissionTest
from kinto.core.permission.testing.strict import StrictPermissionTest

__all__ = ["PermissionTest", "StrictPermissionTest"]
