"""Write the files that are made from the declarations of the settings.

`python scripts/render.py` writes them; with `--check` it only tells which are out of date.
"""

from __future__ import annotations

import sys
from pathlib import Path

from kinto.core.settings import rendering

ROOT = Path(__file__).resolve().parent.parent
RENDERED = {
    "kinto/config/kinto.tpl": rendering.template,
    "config/kinto.ini": rendering.development_ini,
    "config/production.ini": rendering.production_ini,
    "docs/settings.md": rendering.settings_page,
}


def main() -> int:
    """Write or check every file; returns 1 when a check found one out of date."""
    check = "--check" in sys.argv[1:]
    stale = [
        name
        for name, render in RENDERED.items()
        if not (ROOT / name).is_file() or (ROOT / name).read_text(encoding="utf-8") != render()
    ]
    for name in stale:
        print(f"{name} is out of date; run `make docs`." if check else f"Wrote {name}")
        if not check:
            (ROOT / name).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / name).write_text(RENDERED[name](), encoding="utf-8")
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
