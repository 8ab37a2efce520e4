"""Short names: of bundled plugins, and of distributions that declare an entry point.

The distributions are real ones: folders with metadata on the path, as pip leaves them.
"""

import importlib
import itertools
import re
import sys
import tomllib

import pytest

import kinto
from kinto.core.settings.fields import InvalidSetting
from kinto.core.settings.plugins import GROUP, UnknownPlugin, installed, resolve
from tests.factories import app_settings
from tests.servers import ROOT

_numbers = itertools.count()

CODE = """
def includeme(config):
    config.add_api_capability("{module}", description="A test.", url="https://x.test")
"""


@pytest.fixture
def distribution(tmp_path, monkeypatch):
    """`distribution(short_name)` installs a plugin; returns the name of its module."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def install(name: str, *, target: str = "") -> str:
        module = f"plugin_of_a_test_{next(_numbers)}"
        (tmp_path / f"{module}.py").write_text(CODE.format(module=module))
        metadata = tmp_path / f"{module}-1.2.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.2\n")
        declared = f"[kinto.plugins]\n{name} = {module}{target}\n"
        (metadata / "entry_points.txt").write_text(declared)
        importlib.invalidate_caches()
        return module

    yield install
    for name in [name for name in sys.modules if name.startswith("plugin_of_a_test_")]:
        del sys.modules[name]


def capabilities(folder, includes: str) -> set[str]:
    app = kinto.main({}, **app_settings("memory", folder, includes=includes))
    return set(app.registry.api_capabilities)


def test_a_plugin_that_a_distribution_declares_is_enabled_by_its_short_name(distribution, tmp_path):
    module = distribution("tally")
    assert resolve(["tally"]) == [module]
    [plugin] = installed()["tally"]
    assert plugin.distribution == f"{module} 1.2"
    assert module in capabilities(tmp_path, "tally")


def test_an_entry_point_may_name_the_function(distribution, tmp_path):
    module = distribution("tally", target=":includeme")
    assert resolve(["tally"]) == [f"{module}:includeme"]
    assert module in capabilities(tmp_path, "tally")


def test_what_the_page_says_is_right(distribution):
    page = (ROOT / "docs" / "plugins" / "enabling.md").read_text(encoding="utf-8")
    (ini,) = re.findall(r"```ini\n(.*?)```", page, flags=re.DOTALL)
    names = ini.partition("=")[2].split()
    assert resolve(names) == [f"kinto.plugins.{name.rpartition('.')[2]}" for name in names]
    (toml,) = re.findall(r"```toml\n(.*?)```", page, flags=re.DOTALL)
    [(group, declared)] = tomllib.loads(toml)["project"]["entry-points"].items()
    assert (group, declared) == (GROUP, {"tally": "kinto_tally"})


def test_bundled_plugins_have_short_names(tmp_path):
    assert resolve(["history", "flush"]) == ["kinto.plugins.history", "kinto.plugins.flush"]
    assert {"history", "flush_endpoint"} <= capabilities(tmp_path, "history flush")


def test_whoever_reads_the_setting_finds_full_names(tmp_path):
    app = kinto.main({}, **app_settings("memory", tmp_path, includes="flush history"))
    assert app.registry.settings["includes"] == "kinto.plugins.flush kinto.plugins.history"


def test_a_bundled_plugin_is_not_taken_over_by_a_distribution(distribution):
    distribution("history")
    assert resolve(["history"]) == ["kinto.plugins.history"]


def test_two_distributions_with_one_name_are_refused(distribution):
    first, second = distribution("tally"), distribution("tally")
    with pytest.raises(InvalidSetting) as refusal:
        resolve(["tally"])
    assert first in str(refusal.value) and second in str(refusal.value)


def test_modules_are_included_as_before(distribution):
    module = distribution("tally")
    assert resolve([module, "kinto.plugins.flush", "some.package", "some.package:include"]) == [
        module,
        "kinto.plugins.flush",
        "some.package",
        "some.package:include",
    ]


@pytest.mark.parametrize(
    ("written", "nearest"),
    [
        ("histroy", "history"),
        ("quota", "quotas"),
        ("default-bucket", "default_bucket"),
        ("kinto.plugins.acounts", "kinto.plugins.accounts"),
        ("prometeus", "prometheus"),
    ],
)
def test_a_misspelled_name_is_told_the_right_one(written, nearest):
    with pytest.raises(UnknownPlugin) as refusal:
        resolve([written])
    assert refusal.value.nearest == nearest
    assert f"did you mean '{nearest}'?" in str(refusal.value)


def test_a_name_like_no_other_is_told_what_is_expected():
    with pytest.raises(UnknownPlugin, match="see `kinto plugins`"):
        resolve(["zzzzzzzzzz"])


def test_a_server_does_not_start_with_an_unknown_plugin(tmp_path):
    with pytest.raises(InvalidSetting, match="did you mean 'history'"):
        kinto.main({}, **app_settings("memory", tmp_path, includes="hystory"))
