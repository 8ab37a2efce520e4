"""Acceptance at full size: asked for with `make acceptance`, silent in the default run.

The default run holds the same promises at a smaller size; here the sizes are those that the
documentation states, and the figures seen are printed.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ASKED = os.environ.get("KINTO_ACCEPTANCE") == "1"


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave this folder out unless it was asked for."""
    if not ASKED and collection_path.name.startswith("test_"):
        return True
    return None


@pytest.fixture
def report(capsys: pytest.CaptureFixture[str]):
    """Return a function that prints a figure although output is captured."""

    def say(text: str) -> None:
        with capsys.disabled():
            print(f"\n  {text}", flush=True)

    return say
