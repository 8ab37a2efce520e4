"""`kinto scaffold plugin`: what it writes is installed, starts at once, and passes its own tests."""

import re
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest
import sqlalchemy as sa

import kinto as application
from kinto.cli.scaffold import FILES, words_of
from kinto.core import scripts
from tests import databases
from tests.cli.scaffolded import ask, start
from tests.factories import app_settings
from tests.servers import ROOT

SECONDS = 120


@pytest.fixture
def written(kinto, tmp_path):
    """`written(name)`: the folder of a new plugin."""

    def write(name: str) -> Path:
        assert kinto("scaffold", "plugin", name, "--directory", tmp_path) == 0
        return tmp_path / f"kinto-{name}"

    return write


def environment_beside_ours(folder: Path) -> str:
    """The Python of a new virtual environment that also finds what ours has."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    paths = [str(ROOT), sysconfig.get_paths()["purelib"]]
    (site,) = folder.glob("lib/python*/site-packages")
    lines = [f"import site; site.addsitedir({path!r})" for path in paths]
    (site / "beside.pth").write_text("\n".join(lines))
    return str(folder / "bin" / "python")


def install(python: str, project: Path) -> None:
    command = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-index"]
    command += ["--no-deps", "--no-build-isolation", "--disable-pip-version-check", str(project)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stderr


def test_a_new_plugin_installed_beside_ours_works_at_the_first_start(written, tmp_path):
    project = written("tally")
    python = environment_beside_ours(tmp_path / "venv")
    install(python, project)

    server = start(python, tmp_path, includes="tally")
    try:
        assert ask(f"{server.url}/")["capabilities"]["tally"]["max_per_request"] == 100
        for path in ("/buckets/b", "/buckets/b/collections/c"):
            ask(server.url + path, "PUT", {})
        ask(f"{server.url}/buckets/b/collections/c/records", "POST", {"data": {"n": 1}})
        answer = ask(f"{server.url}/buckets/b/collections/c/tally")
        assert answer == {"data": {"writes": 1}}
    finally:
        server.kill()

    listed = [python, "-m", "kinto", "plugins", "tally", *server.arguments[:2]]
    shown = subprocess.run(listed, capture_output=True, text=True, timeout=SECONDS, cwd=tmp_path)
    assert "tally (kinto-tally 0.1.0, enabled)" in shown.stdout, shown.stderr
    assert "tally.max_per_request" in shown.stdout
    assert "GET /buckets/{bucket_id}/collections/{collection_id}/tally" in shown.stdout

    tests = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly"]
    done = subprocess.run(tests, cwd=project, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0 and "6 passed" in done.stdout, done.stdout + done.stderr


def test_its_migration_is_made_on_postgresql(written, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(written("paper-trail")))
    settings = app_settings("memory", tmp_path, includes="kinto_paper_trail")
    for kind in ("storage", "permission", "cache"):
        settings[f"{kind}_backend"] = f"kinto.core.{kind}.postgresql"
        settings[f"{kind}_url"] = databases.database_url()
    app = application.main({}, **settings)
    for _ in range(2):  # Repeating it is harmless.
        scripts.migrate({"registry": app.registry})
    storage = app.registry.storage
    key = {"resource_name": "paper_trail", "parent_id": "/buckets/b/collections/c"}
    storage.update(**key, object_id="writes", obj={"writes": 3})
    with storage.client.connect(readonly=True) as connection:
        rows = connection.execute(sa.text("SELECT * FROM paper_trail_writes")).all()
    assert [tuple(row) for row in rows] == [("/buckets/b/collections/c", 3)]


def test_what_is_written_is_in_our_layout(written):
    folder = written("tally")
    for command in (["check"], ["format", "--check"]):
        config = ["--config", str(ROOT / "pyproject.toml"), "--no-cache"]
        config += ["--config", f"src = ['{folder}']"]  # Kinto is a library there.
        ruff = [sys.executable, "-m", "ruff", *command, *config, str(folder)]
        done = subprocess.run(ruff, capture_output=True, text=True, timeout=SECONDS, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_page_names_what_is_written(written):
    page = (ROOT / "docs" / "plugins" / "scaffold.md").read_text(encoding="utf-8")
    folder = written("tally")
    named = re.findall(r"^\| `([^`]+)` \|", page, flags=re.MULTILINE)
    assert len(named) == 7
    assert [name for name in named if not (folder / name).exists()] == []
    assert "kinto scaffold plugin tally\n" in page and "kinto.includes = tally\n" in page


def test_no_placeholder_is_left(written):
    folder = written("more-than-one-word")
    assert tomllib.loads((folder / "pyproject.toml").read_text())["project"]["name"] == (
        "kinto-more-than-one-word"
    )
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) == len(FILES)
    for path in files:
        assert not any(f"@{word}@" in path.read_text() for word in words_of("x")), path
        if path.suffix == ".py":
            compile(path.read_text(), str(path), "exec")


@pytest.mark.parametrize(
    ("name", "slug"),
    [("tally", "tally"), ("kinto-tally", "tally"), ("a_b", "a_b"), ("two-words", "two_words")],
)
def test_names_are_spelled_as_each_place_wants_them(name, slug):
    words = words_of(name)
    assert (words["slug"], words["module"]) == (slug, f"kinto_{slug}")
    assert words["distribution"] == f"kinto-{slug.replace('_', '-')}"


@pytest.mark.parametrize("name", ["", "Tally", "1st", "a b", "../x", "a--b", "-a", "a/b", "ä"])
def test_what_is_no_name_is_refused(kinto, here, name, capsys):
    assert kinto("scaffold", "plugin", "--directory", here, "--", name) == 82
    assert list(here.iterdir()) == []


def test_the_name_of_an_installed_plugin_is_refused(kinto, here, capsys):
    assert kinto("scaffold", "plugin", "history") == 82
    assert "installed already (kinto" in capsys.readouterr().err


def test_nothing_is_overwritten(kinto, here, capsys):
    assert kinto("scaffold", "plugin", "tally") == 0
    (here / "kinto-tally" / "README.md").write_text("mine")
    assert kinto("scaffold", "plugin", "tally") == 1
    assert (here / "kinto-tally" / "README.md").read_text() == "mine"
