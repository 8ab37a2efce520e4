"""The tests. This file makes `tests` ours: some distributions install a package of that name."""
