"""Face: class-based services of cornice."""

from cornice.resource import add_resource, add_view, resource, view

__all__ = ["add_resource", "add_view", "resource", "view"]
