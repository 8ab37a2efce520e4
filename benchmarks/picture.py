"""The rates side by side, as an SVG that a browser, a README and a dark page show alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _LEFT, _BAR, _GAP = 760, 190, 13, 14
_COLOURS = {"floor": "#b8bec9", "ours": "#2f6fd6", "peer": "#e08a2e"}


@dataclass(frozen=True)
class Bar:
    """One rate; `kind` is `floor`, `ours` or `peer`."""

    label: str
    rate: float
    kind: str


Group = tuple[str, Sequence[Bar]]


def draw(groups: Sequence[Group], *, title: str) -> str:
    """Return the SVG. Each group has a scale of its own: only bars of one group compare."""
    parts, top = [], 46
    for name, bars in groups:
        longest = max(bar.rate for bar in bars) or 1.0
        parts.append(_text(12, top + 10, name, weight="bold"))
        for bar in bars:
            width = max((_WIDTH - _LEFT - 90) * bar.rate / longest, 1)
            parts.append(
                f'<rect x="{_LEFT}" y="{top}" width="{width:.1f}" height="{_BAR - 2}" rx="2"'
                f' fill="{_COLOURS[bar.kind]}"/>'
            )
            parts.append(_text(_LEFT + width + 6, top + 10, f"{bar.rate:,.0f}/s {bar.label}"))
            top += _BAR
        top += _GAP
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {top}"'
        f' width="{_WIDTH}" height="{top}" role="img" font-family="sans-serif" font-size="10">'
        f"<title>{escape(title)}</title>"
        f'<rect width="{_WIDTH}" height="{top}" fill="#ffffff"/>'
    )
    return "\n".join([head, _text(12, 24, title, weight="bold", size=14), *parts, "</svg>"]) + "\n"


def _text(x: float, y: float, text: str, *, weight: str = "normal", size: int = 10) -> str:
    return (
        f'<text x="{x:.1f}" y="{y}" font-size="{size}" font-weight="{weight}"'
        f' fill="#1d2430">{escape(text)}</text>'
    )
