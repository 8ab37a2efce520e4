"""The version of the software, from the metadata of the installed distribution."""

from __future__ import annotations

from importlib import metadata


def distribution_version(name: str = "kinto") -> str:
    """Version of an installed distribution; `0+unknown` in a bare checkout."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "0+unknown"
