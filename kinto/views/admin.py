"""Face: erasing a user's data, under its first name. The room is `user_data`."""

from kinto.views.user_data import (
    UserData,
    condense_under_parents,
    erase,
    forget,
    get_parent_uri,
    slice_into_batches,
)

__all__ = [
    "UserData",
    "condense_under_parents",
    "erase",
    "forget",
    "get_parent_uri",
    "slice_into_batches",
]
