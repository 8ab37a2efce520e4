"""Face: decorators for extensions."""

from kinto.core.http.memoized import cache_forever
from kinto.core.runtime.deprecation import deprecate_kwargs, synchronized

__all__ = ["cache_forever", "deprecate_kwargs", "synchronized"]
