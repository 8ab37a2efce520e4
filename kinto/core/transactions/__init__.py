"""Units of work tied to requests."""

from kinto.core.transactions.requests import includeme
from kinto.core.transactions.zope import UnitDataManager, begin_unit

__all__ = ["UnitDataManager", "begin_unit", "includeme"]
