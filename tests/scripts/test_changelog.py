"""The changelog's fragments: checked, joined, and gone after a release."""

import pytest

from scripts import changelog


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "changelog.d"
    folder.mkdir()
    (folder / "a.fixed.md").write_text("- A list is whole again,\n  even a long one.\n")
    (folder / "b.security.md").write_text("Tokens are signed.\n")
    (tmp_path / "CHANGELOG.md").write_text(
        f"# Changelog\n\n{changelog.DRAFT}\n\n{changelog.MARK}\n\n## 1.0\n"
    )
    return folder


def test_security_comes_first_under_its_own_heading(folder):
    assert changelog.section("2.0", folder) == (
        "## 2.0\n\n### Security\n\n- Tokens are signed.\n\n"
        "### Fixed\n\n- A list is whole again,\n  even a long one.\n"
    )


def test_the_fragments_of_the_house_are_sound():
    assert changelog.problems() == []


@pytest.mark.parametrize(
    ("name", "text"), [("c.new.md", "x"), ("c.md", "x"), ("c.txt", "x"), ("c.added.md", " \n")]
)
def test_a_wrong_fragment_is_told(folder, name, text):
    (folder / name).write_text(text)
    (problem,) = changelog.problems(folder)
    assert problem.startswith(name)


def test_a_release_takes_the_fragments(folder):
    page = folder.parent / "CHANGELOG.md"
    changelog.release("2.0", "2026-12-01", folder=folder, changelog=page)
    text = page.read_text()
    assert text.index("## 2.0 (2026-12-01)") < text.index("## 1.0")
    assert list(folder.iterdir()) == []


def test_a_draft_stays_above_the_releases(folder):
    page = folder.parent / "CHANGELOG.md"
    for _ in range(2):
        changelog.draft(folder=folder, changelog=page)
    text = page.read_text()
    assert text.count("## Unreleased") == 1
    assert text.index("## Unreleased") < text.index(changelog.MARK) < text.index("## 1.0")
    assert len(list(folder.iterdir())) == 2


def test_a_release_replaces_the_draft(folder):
    page = folder.parent / "CHANGELOG.md"
    changelog.draft(folder=folder, changelog=page)
    changelog.release("2.0", "2026-12-01", folder=folder, changelog=page)
    assert "Unreleased" not in page.read_text()
