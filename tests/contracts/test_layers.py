"""The import rules of the house: kept by the code, and each shown to find a breach."""

import subprocess
import sys
import textwrap

import pytest

from scripts import house_rules
from scripts.render import ROOT


@pytest.fixture(scope="module")
def house():
    return house_rules.modules()


@pytest.mark.parametrize("rule", house_rules.RULES, ids=lambda rule: rule.__name__)
def test_the_code_keeps_the_rule(rule, house):
    assert [str(breach) for breach in rule(house)] == []


def test_the_layers_are_kept():
    checked = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command as c; c(['--no-cache'])",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize(
    ("rule", "path", "source"),
    [
        (house_rules.protocol_is_pure, "core/protocol/a.py", "import pyramid"),
        (house_rules.protocol_is_pure, "core/protocol/a.py", "from kinto.core import storage"),
        (
            house_rules.responses_at_the_edge,
            "core/storage/a.py",
            "from pyramid.httpexceptions import HTTPOk\nHTTPOk()",
        ),
        (
            house_rules.settings_read_the_environment,
            "core/storage/a.py",
            "import os\nos.environ['A']",
        ),
        (house_rules.one_clock_one_chance, "core/storage/a.py", "import time\ntime.time()"),
        (house_rules.one_clock_one_chance, "core/storage/a.py", "from uuid import uuid4\nuuid4()"),
        (house_rules.plugins_import_faces, "plugins/a.py", "from kinto.core.room import thing"),
        (house_rules.plugins_import_faces, "plugins/a.py", "from kinto.plugins.b import thing"),
        (house_rules.no_import_in_functions, "core/a.py", "def f():\n    import os"),
        (
            house_rules.rooms_do_not_import_faces,
            "core/a.py",
            "from kinto.core.face import thing\nthing()",
        ),
    ],
)
def test_a_breach_is_found(tmp_path, rule, path, source):
    files = {
        "core/face.py": "from kinto.core.room import thing\n__all__ = ['thing']",
        "core/room.py": "thing = print",
        path: source,
    }
    for name, text in files.items():
        target = tmp_path / "kinto" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(textwrap.dedent(text))
    (breach,) = rule(house_rules.modules(tmp_path))
    assert str(breach.path) == f"kinto/{path}"
