"""Face: what plugins and settings name in the views of the application."""

from kinto.core.http.parents import object_exists_or_404
from kinto.views.identifiers import NameGenerator, RelaxedUUID

__all__ = ["NameGenerator", "RelaxedUUID", "object_exists_or_404"]
