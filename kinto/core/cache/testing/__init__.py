"""Conformance of cache backends: mixins for `unittest.TestCase`.

`CacheTest` is what every backend has to pass; `StrictCacheTest` adds what the backends of this
package promise besides.
"""

from kinto.core.cache.testing.certification import CacheTest
from kinto.core.cache.testing.strict import StrictCacheTest

__all__ = ["CacheTest", "StrictCacheTest"]
