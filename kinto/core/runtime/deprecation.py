"""Old names that still work, and say so.

Every warning is a `DeprecationWarning` sent with `warnings.warn(message, DeprecationWarning)`,
looked up at each call: extensions replace `warnings.warn` in their tests and compare messages.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def warn_deprecated(message: str) -> None:
    """Tell the caller's author, with exactly `message`, that a name is on its way out."""
    # Without `stacklevel`, as the tests of extensions compare the whole call.
    warnings.warn(message, DeprecationWarning)  # noqa: B028


def deprecate_kwargs(renamed: Mapping[str, str]) -> Callable[[F], F]:
    """Accept keyword arguments under their old names.

    `renamed` maps old names to new ones; one warning is sent for each old name met, in the
    order of the mapping. A call without old names pays for one set operation only.
    """
    old_names = frozenset(renamed)

    def decorator(function: F) -> F:
        @wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            if kwargs and not old_names.isdisjoint(kwargs):
                for old, new in renamed.items():
                    if old in kwargs:
                        warn_deprecated(
                            f"{function.__qualname__} parameter '{old}' is deprecated,"
                            f" use '{new}' instead"
                        )
                        kwargs[new] = kwargs.pop(old)
            return function(*args, **kwargs)

        return wrapper  # type: ignore[return-value]

    return decorator


def synchronized(method: F) -> F:
    """Let one thread at a time into the decorated methods of an instance.

    The lock is re-entrant and belongs to the instance (attribute `_lock`, made when missing):
    two decorated methods of one object exclude each other, two objects do not.
    """

    @wraps(method)
    def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
        lock = getattr(self, "_lock", None)
        if lock is None:
            with _making_locks:
                lock = self.__dict__.setdefault("_lock", threading.RLock())
        with lock:
            return method(self, *args, **kwargs)

    return wrapper  # type: ignore[return-value]


_making_locks = threading.Lock()
