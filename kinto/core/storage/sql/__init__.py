"""What the SQL backends share: tables, and queries compiled from filters and sorts."""

from kinto.core.storage.sql.conditions import Condition, read_filter
from kinto.core.storage.sql.statements import Query, Selection

__all__ = ["Condition", "Query", "Selection", "read_filter"]
