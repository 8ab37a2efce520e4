"""The settings, checked at start. In the file of the server they begin with `kinto.`."""

from kinto.core.settings import Section, field


class @class@Settings(Section, title="@title@"):
    """How much one request may write."""

    max_per_request: int = field(
        100,
        ge=1,
        name="@slug@.max_per_request",
        help="Records that one request may write.",
    )
