"""Join the fragments of `changelog.d` into CHANGELOG.md.

Without argument, prints the section that a release would get; `--draft` (run by `make docs`) puts
it above the releases in CHANGELOG.md. `--release 26.8.0 2026-12-01` makes it a release there and
removes the fragments. `--check` refuses a fragment with a wrong
name or without text. A fragment is `<slug>.<kind>.md`; the kinds are those of `KINDS`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FRAGMENTS = ROOT / "changelog.d"
CHANGELOG = ROOT / "CHANGELOG.md"
KINDS = {
    "security": "Security",
    "added": "Added",
    "changed": "Changed",
    "fixed": "Fixed",
    "removed": "Removed",
}
DRAFT = "<!-- unreleased -->"
MARK = "<!-- releases -->"


def fragments(folder: Path = FRAGMENTS) -> dict[str, list[Path]]:
    """The fragment files of each kind, in the order of their names."""
    return {kind: sorted(folder.glob(f"*.{kind}.md")) for kind in KINDS}


def problems(folder: Path = FRAGMENTS) -> list[str]:
    """One sentence for each file that is no fragment."""
    known = {path for paths in fragments(folder).values() for path in paths}
    found = [
        f"{path.name}: the name must be <slug>.<kind>.md, kind one of {', '.join(KINDS)}"
        for path in sorted(folder.iterdir())
        if path not in known and path.name not in ("README.md", ".gitkeep")
    ]
    found += [f"{path.name}: is empty" for path in sorted(known) if not path.read_text().strip()]
    return found


def section(title: str, folder: Path = FRAGMENTS) -> str:
    """The changelog's section made of the fragments, a heading for each kind that has any."""
    parts = [f"## {title}", ""]
    for kind, paths in fragments(folder).items():
        if paths:
            parts += [f"### {KINDS[kind]}", ""]
            parts += [_bullet(path.read_text(encoding="utf-8")) for path in paths]
            parts.append("")
    return "\n".join(parts)


def draft(*, folder: Path = FRAGMENTS, changelog: Path = CHANGELOG) -> None:
    """Write the section of the fragments above the releases, as unreleased."""
    there = any(fragments(folder).values())
    _write_above(changelog, drafted=section("Unreleased", folder) if there else "")


def release(
    version: str, date: str, *, folder: Path = FRAGMENTS, changelog: Path = CHANGELOG
) -> None:
    """Make the section of the fragments a release, and remove them."""
    _write_above(changelog, drafted="", released=section(f"{version} ({date})", folder))
    for paths in fragments(folder).values():
        for path in paths:
            path.unlink()


def main() -> int:
    """Print, check or release; returns 1 when a check found a problem."""
    parser = argparse.ArgumentParser(description="Join the fragments of changelog.d.")
    parser.add_argument("--check", action="store_true", help="only look at names and texts")
    parser.add_argument("--release", nargs=2, metavar=("VERSION", "DATE"), help="write a section")
    parser.add_argument("--draft", action="store_true", help="write the unreleased section")
    args = parser.parse_args()
    found = problems()
    for problem in found:
        print(problem, file=sys.stderr)
    if found or args.check:
        return int(bool(found))
    if args.release:
        release(*args.release)
    elif args.draft:
        draft()
    else:
        print(section("Unreleased"))
    return 0


def _write_above(changelog: Path, *, drafted: str, released: str = "") -> None:
    text = changelog.read_text(encoding="utf-8")
    head, older = text.partition(DRAFT)[0], text.partition(MARK)[2]
    parts = [head + DRAFT, drafted.strip(), MARK, released.strip(), older.strip()]
    changelog.write_text("\n\n".join(filter(None, parts)) + "\n", encoding="utf-8")


def _bullet(text: str) -> str:
    lines = [line.strip() for line in text.strip().splitlines()]
    first, *others = lines
    first = first.removeprefix("- ").removeprefix("* ")
    return "\n".join([f"- {first}", *(f"  {line}" for line in others)])


if __name__ == "__main__":
    sys.exit(main())
