"""The code map: every file that does something says what it answers for."""

import ast

from scripts import code_map


def test_every_file_opens_with_what_it_answers_for():
    silent = [
        str(path)
        for path in sorted((code_map.ROOT / "kinto").rglob("*.py"))
        if path.read_text(encoding="utf-8").strip()
        and not code_map.first_paragraph(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []


def test_faces_are_left_out(tmp_path):
    (tmp_path / "kinto").mkdir()
    (tmp_path / "kinto" / "face.py").write_text('"""Face: of things."""\n')
    (tmp_path / "kinto" / "room.py").write_text('"""Rooms\nwork.\n\nMore."""\n')
    page = code_map.render(tmp_path)
    assert "| `room.py` | 4 | Rooms work. |" in page and "face.py" not in page
