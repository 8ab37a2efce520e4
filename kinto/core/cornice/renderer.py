"""Face: the JSON renderer of cornice."""

from cornice.renderer import CorniceRenderer, JSONError

__all__ = ["CorniceRenderer", "JSONError"]
